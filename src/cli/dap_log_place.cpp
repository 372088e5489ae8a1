// SPDX-License-Identifier: Apache-2.0
#include "cli/dap_log_place.hpp"

#include <climits>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <variant>

#include "plan/dap_log.hpp"
#include "session/dap_logs.hpp"
#include "session/paths.hpp"

namespace dbgscope {

void place_dap_log(Request &request)
{
    const DapLogChoice choice = dap_log_choice(request.settings);
    if (!choice.on)
        return;
    if (choice.file.empty()) {
        request.dap_logs = dap_logs_directory(session_paths().history);
        return;
    }
    std::array<char, PATH_MAX> here{};
    if (choice.file.front() == '/' || ::getcwd(here.data(), here.size()) == nullptr)
        return;
    Setting setting = *request.settings.find(Key::dap_log);
    setting.value = std::string(here.data()) + '/' + choice.file;
    request.settings.set(Key::dap_log, std::move(setting));
}

void make_room_for_dap_log(const Request &request, const LaunchPlan &plan)
{
    const bool kept = std::ranges::any_of(
        plan.steps, [](const Step &step) { return std::holds_alternative<KeepDapLog>(step.action); });
    if (kept && !request.dap_logs.empty())
        (void)prepare_dap_logs(session_paths().history).has_value();
}

} // namespace dbgscope
