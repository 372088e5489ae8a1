// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "dbgscope/facts.hpp"
#include "fake_root.hpp"

// Machines people have, as fake trees. Their Facts are tests/golden/machines/NAME.json.
namespace dbgscope::test {

struct Machine {
    const char *name;
    SysRoot (*build)(FakeRoot &root); ///< fills the tree; says who runs dbgscope, with which environment
    int systemd_version;              ///< what the manager would answer; 0: no systemd
};
[[nodiscard]] std::span<const Machine> machines();
[[nodiscard]] const Machine &machine(std::string_view name);

/// Probes everything of the machine, with the permissions of the user it is for.
[[nodiscard]] Facts facts_of(const Machine &machine);

} // namespace dbgscope::test
