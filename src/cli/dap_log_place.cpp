// SPDX-License-Identifier: Apache-2.0
#include "cli/dap_log_place.hpp"

#include <climits>
#include <unistd.h>

#include <array>

#include "plan/dap_log.hpp"
#include "session/dap_logs.hpp"
#include "session/paths.hpp"

namespace dbgscope {

void place_dap_log(Request &request, bool dry_run)
{
    const DapLogChoice choice = dap_log_choice(request.settings);
    if (!choice.on)
        return;
    if (choice.file.empty()) {
        const std::string history = session_paths().history;
        request.dap_logs = dap_logs_directory(history);
        if (!dry_run && !request.dap_logs.empty())
            (void)prepare_dap_logs(history).has_value();
        return;
    }
    std::array<char, PATH_MAX> here{};
    if (choice.file.front() == '/' || ::getcwd(here.data(), here.size()) == nullptr)
        return;
    Setting setting = *request.settings.find(Key::dap_log);
    setting.value = std::string(here.data()) + '/' + choice.file;
    request.settings.set(Key::dap_log, std::move(setting));
}

} // namespace dbgscope
