// SPDX-License-Identifier: Apache-2.0
#include "cli/history_verb.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/time_span.hpp"
#include "profile/key_names.hpp"
#include "profile/load.hpp"
#include "session/dap_logs.hpp"
#include "session/history.hpp"
#include "session/history_reader.hpp"
#include "session/paths.hpp"
#include "session/recording_file.hpp"
#include "tools/report/drift.hpp"
#include "tools/report/past_session.hpp"

namespace dbgscope {
namespace {

constexpr auto kKeep = std::chrono::hours(90 * 24);
constexpr std::int64_t kDriftPermyriad = 1500;
constexpr double kWhole = 10'000;

std::int64_t unix_s()
{
    return static_cast<std::int64_t>(::time(nullptr));
}

/// --since; nothing: not given.
Result<std::optional<std::int64_t>> since_of(const CLI::App &parsed)
{
    const std::string text = option_value(parsed, "--since");
    if (text.empty())
        return std::nullopt;
    auto span = parse_time_span(text);
    if (!span)
        return pass(span);
    if (*span == kForever)
        return std::nullopt;
    return std::chrono::duration_cast<std::chrono::seconds>(*span).count();
}

/// An option of ours that stands behind the verb.
Result<void> take_option(const CLI::App &parsed, Key key, Settings &settings)
{
    KeyInfo info = key_info(key);
    const std::string name = option_name(info), text = option_value(parsed, name);
    if (text.empty())
        return {};
    info.name = name; // an error names what was written
    auto value = parse_value(info, text);
    if (!value)
        return pass(value);
    settings.set(key, {std::move(*value), {Layer::option, name}});
    return {};
}

bool is_wanted(const PastSession &session, const std::string &program)
{
    return program.empty() || session.program.find(program) != std::string::npos;
}

/// With the recordings that are kept; `inside`: what they say of growth and holds, too.
std::vector<PastSession> past_sessions(History history, const SessionPaths &paths, const std::string &program,
                                       bool inside)
{
    std::set<std::string> kept;
    for (const RecordingPlace &place : list_recordings(recordings_directory(paths.history)))
        kept.insert(place.path);
    std::vector<PastSession> sessions;
    for (SessionRecord &record : history.sessions) {
        PastSession session{.program = program_of(record)};
        session.record = std::move(record);
        if (!is_wanted(session, program))
            continue;
        const std::string path = recordings_directory(paths.history) + '/' + recording_name(session.record);
        if (kept.contains(path))
            session.recording = path;
        if (inside && !session.recording.empty())
            if (const auto recorded = read_recording(path))
                add_from_recording(session, *recorded);
        sessions.push_back(std::move(session));
    }
    return sessions;
}

Result<int> prune(const SessionPaths &paths, const Settings &settings)
{
    const auto keep = settings.get<std::chrono::microseconds>(Key::history_keep).value_or(kKeep);
    if (keep == kForever) {
        if (auto printed = print("history.keep is infinity: nothing is removed\n"); !printed)
            return pass(printed);
        return 0;
    }
    const std::int64_t before = unix_s() - std::chrono::duration_cast<std::chrono::seconds>(keep).count();
    const auto removed = prune_history(paths.history, before);
    if (!removed)
        return fail(removed.error());
    const std::size_t recordings = prune_recordings(recordings_directory(paths.history), before);
    const std::size_t logs = prune_dap_logs(paths.history, before);
    if (auto printed = print(fmt::format("{} sessions, {} recordings and {} logs older than {} removed\n", *removed,
                                         recordings, logs, format_time_span(keep)));
        !printed)
        return pass(printed);
    return 0;
}

Result<int> show_drift(const std::vector<PastSession> &sessions, const DriftRules &rules, bool json)
{
    const auto programs = drift_of(sessions, rules);
    if (auto printed = print(json ? drift_json(programs, rules) : drift_text(programs, rules)); !printed)
        return pass(printed);
    return std::ranges::any_of(programs, &ProgramDrift::drifted) ? 1 : 0;
}

} // namespace

void declare_history(CLI::App &app)
{
    add_value(app, "--program", "TEXT", "Only sessions of programs whose path has this in it");
    add_value(app, "--since", "TIME",
              "Only sessions of the last TIME, like 7d; with --drift: what is compared with (7d)");
    add_flag(app, "--drift", "Each program's last session against those before it; exit status 1 when one drifted");
    add_value(app, "--history-keep", "TIME", "Instead of history.keep");
    add_value(app, "--history-drift", "PERCENT", "Instead of history.drift");
    add_flag(app, "--prune", "Remove what is older than history.keep (90d)");
    add_flag(app, "--json", "Print everything as JSON");
    add_flag(app, "--openmetrics", "Print sums of each program as OpenMetrics, for node_exporter's textfiles");
}

Result<int> history_verb(const CLI::App &parsed, const Invocation &invocation)
{
    const auto since = since_of(parsed);
    if (!since)
        return fail(since.error());
    Settings options = invocation.given;
    for (const Key key : {Key::history_keep, Key::history_drift})
        if (auto taken = take_option(parsed, key, options); !taken)
            return pass(taken);
    const auto loaded = load_settings(sources_for(invocation, std::move(options)));
    if (!loaded)
        return fail(loaded.error());
    const SessionPaths paths = session_paths();
    if (is_given(parsed, "--prune"))
        return prune(paths, loaded->settings);
    const bool drift = is_given(parsed, "--drift");
    DriftRules rules;
    rules.window_s = since->value_or(rules.window_s);
    rules.beyond =
        static_cast<double>(loaded->settings.get<std::int64_t>(Key::history_drift).value_or(kDriftPermyriad)) / kWhole;
    auto history = read_history(paths.history, *since && !drift ? unix_s() - **since : 0);
    if (!history)
        return pass(history);
    const bool json = is_given(parsed, "--json");
    const auto sessions = past_sessions(std::move(*history), paths, option_value(parsed, "--program"), drift || json);
    if (drift)
        return show_drift(sessions, rules, json);
    const std::string text = json                                ? history_json(sessions)
                             : is_given(parsed, "--openmetrics") ? history_openmetrics(sessions)
                                                                 : history_text(sessions);
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
