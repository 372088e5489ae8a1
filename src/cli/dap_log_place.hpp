// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/request.hpp"

namespace dbgscope {

/// `--dap-log` of a launch: a FILE is made absolute, as the debugger may change its directory first; the place of the
/// sessions' own logs is named in the request, and made unless this is a dry run. Not asked for: nothing is done. What
/// cannot be made is told when the log itself cannot be.
void place_dap_log(Request &request, bool dry_run);

} // namespace dbgscope
