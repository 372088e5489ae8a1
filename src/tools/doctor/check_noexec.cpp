// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "tools/doctor/checks.hpp"
#include "tools/doctor/go_settings.hpp"
#include "tools/doctor/mount_at.hpp"

namespace dbgscope {

CheckFindings check_noexec(const DoctorInput &input)
{
    struct Place {
        std::string path, what, cure;
    };
    std::vector<Place> places{{input.directory, "the working directory",
                               "debug from another directory (dlv debug and dlv test: --output=DIR/NAME)"}};
    const std::string temporary(input.variable("TMPDIR"));
    const std::string go = go_setting(input, "GOTMPDIR").value;
    if (go.empty()) // `go run` and `go test` execute what they build below it
        places.push_back({temporary.empty() ? "/tmp" : temporary,
                          temporary.empty() ? "the temporary directory" : "TMPDIR",
                          "set GOTMPDIR to a directory that allows it, as in: go env -w GOTMPDIR=$HOME/.cache"});
    else
        places.push_back({go, "GOTMPDIR", "set GOTMPDIR to a directory that allows it"});
    CheckFindings findings;
    std::string fine;
    for (const Place &place : places) {
        const auto mount = mount_at(input.root, place.path);
        if (!mount)
            findings.push_back({.level = CheckLevel::unknown,
                                .looked_at = kSelfMounts,
                                .found = "it cannot be read, so it is not known what " + place.path + " lies on",
                                .matters = "a program on a file system mounted noexec cannot be started"});
        else if (mount->noexec)
            findings.push_back(
                {.level = CheckLevel::warn,
                 .looked_at = place.path,
                 .found = fmt::format("{} lies on {} ({}), mounted noexec", place.what, mount->point, mount->type),
                 .matters = "a program built there cannot be started: \"fork/exec …: permission denied\"",
                 .cure = place.cure});
        else
            fine += (fine.empty() ? "" : ", ") + place.path;
    }
    if (!fine.empty())
        findings.push_back({.looked_at = kSelfMounts, .found = "programs may be executed in " + fine});
    return findings;
}

} // namespace dbgscope
