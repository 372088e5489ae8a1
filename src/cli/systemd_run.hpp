// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.hpp"

// Called through a link named systemd-run: `systemd-run --scope` as scripts know it.
namespace dbgscope {

[[nodiscard]] bool called_as_systemd_run(const Invocation &invocation);

/// `dbgscope run` with the defaults and the line on stderr of systemd-run: the system manager unless --user, and an
/// error where it makes no scope. --version and --help are the real one's. Errors: usage for services.
[[nodiscard]] Result<int> systemd_run(const Invocation &invocation);

} // namespace dbgscope
