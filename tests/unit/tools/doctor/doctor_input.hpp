// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machines.hpp"
#include "probe/probe.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope::test {

/// What doctor would look at on the machine that `root` stands for.
inline DoctorInput input_for(const SysRoot &root, std::vector<std::string> environment = {})
{
    return {.root = root,
            .facts = probe(root, doctor_needs(), {}),
            .environment = std::move(environment),
            .directory = "/home/dev/src"};
}

/// A machine of machines.hpp, built into `tree`.
inline DoctorInput input_of(FakeRoot &tree, const char *name)
{
    return input_for(machine(name).build(tree));
}

/// The first finding that says `part`; one of level ok that says "nothing like it" where there is none.
inline CheckFinding saying(const CheckFindings &findings, std::string_view part)
{
    for (const CheckFinding &finding : findings)
        if (finding.found.find(part) != std::string::npos)
            return finding;
    return {.found = "nothing like it"};
}

/// The levels of all findings.
inline std::vector<CheckLevel> levels(const CheckFindings &findings)
{
    std::vector<CheckLevel> all;
    for (const CheckFinding &finding : findings)
        all.push_back(finding.level);
    return all;
}

inline CheckLevel worst(const CheckFindings &findings)
{
    CheckLevel level = CheckLevel::ok;
    for (const CheckFinding &finding : findings)
        if (finding.level != CheckLevel::unknown)
            level = std::max(level, finding.level);
    return level;
}

} // namespace dbgscope::test
