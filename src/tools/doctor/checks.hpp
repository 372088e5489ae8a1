// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/doctor/doctor.hpp"

// One function a check; each stands in check_NAME.cpp, wsl.cpp or fidelity.cpp.
namespace dbgscope {

[[nodiscard]] CheckFindings check_hierarchy(const DoctorInput &input);
[[nodiscard]] CheckFindings check_user_manager(const DoctorInput &input);
[[nodiscard]] CheckFindings check_limits(const DoctorInput &input);
[[nodiscard]] CheckFindings check_pressure(const DoctorInput &input);
[[nodiscard]] CheckFindings check_swap(const DoctorInput &input);
[[nodiscard]] CheckFindings check_inside(const DoctorInput &input);
[[nodiscard]] CheckFindings check_ptrace(const DoctorInput &input);
[[nodiscard]] CheckFindings check_ulimits(const DoctorInput &input);
[[nodiscard]] CheckFindings check_noexec(const DoctorInput &input);
[[nodiscard]] CheckFindings check_core(const DoctorInput &input);
[[nodiscard]] CheckFindings check_kernel_log(const DoctorInput &input);
[[nodiscard]] CheckFindings check_dlv(const DoctorInput &input);
[[nodiscard]] CheckFindings check_gdb(const DoctorInput &input);
[[nodiscard]] CheckFindings check_shell(const DoctorInput &input);
[[nodiscard]] CheckFindings check_go(const DoctorInput &input);
[[nodiscard]] CheckFindings check_path(const DoctorInput &input);
[[nodiscard]] CheckFindings check_program(const DoctorInput &input);
[[nodiscard]] CheckFindings check_sums(const DoctorInput &input);
[[nodiscard]] CheckFindings check_ports(const DoctorInput &input);
[[nodiscard]] CheckFindings check_wsl(const DoctorInput &input);
[[nodiscard]] CheckFindings check_fidelity(const DoctorInput &input);

} // namespace dbgscope
