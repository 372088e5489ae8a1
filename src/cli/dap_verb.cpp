// SPDX-License-Identifier: Apache-2.0
#include "cli/dap_verb.hpp"

#include "cli/own_verbs.hpp"
#include "cli/recording_choice.hpp"
#include "cli/verbs.hpp"
#include "sys/file.hpp"
#include "tools/report/dap_log.hpp"

namespace dbgscope {

void declare_dap(CLI::App &app)
{
    add_value(
        app, "ID|FILE", "ID|FILE",
        "A session that --dap-log was given for, or a log that has the messages of the Debug Adapter Protocol in it");
    add_flag(app, "--json", "Print everything as JSON");
}

Result<int> dap_verb(const CLI::App &parsed, const Invocation & /*invocation*/)
{
    const auto chosen = chosen_dap_log(option_value(parsed, "ID|FILE"));
    if (!chosen)
        return fail(chosen.error());
    const std::string &path = *chosen;
    const auto text = read_file(path, kMaxDapLogBytes);
    if (!text)
        return fail(text.error());
    auto report = read_dap_log(*text);
    if (!report) {
        report.error().subject = path;
        return pass(report);
    }
    if (auto printed = print(is_given(parsed, "--json") ? dap_json(*report) : dap_text(*report)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
