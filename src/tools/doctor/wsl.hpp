// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/doctor/doctor.hpp"
#include "tools/doctor/wsl_config.hpp"

// The parts of the check wsl. Sources: learn.microsoft.com/windows/wsl (wsl-config, networking, filesystems) and the
// source of WSL 2.2 to 2.9.
namespace dbgscope {

/// systemd, cgroup mode, PSI, memory= and swap=, and settings that stand in the wrong file.
void wsl_system(const DoctorInput &input, const WslFiles &files, CheckFindings &findings);
/// Working directory, Go's directories and --program on a Windows drive; tools that are Windows' own.
void wsl_places(const DoctorInput &input, CheckFindings &findings);
/// How Windows reaches a dlv that listens here, and the substitutePath pair for this working directory.
void wsl_reach(const DoctorInput &input, const WslFiles &files, CheckFindings &findings);

/// {"from", "to"}: what an editor on Windows calls `directory`, and `directory`. Empty `from`: not known, where the
/// distribution's name is not ("WSL_DISTRO_NAME" is lost by sudo and ssh).
struct PathPair {
    std::string from, to;
};
[[nodiscard]] PathPair substitute_path(const DoctorInput &input);

} // namespace dbgscope
