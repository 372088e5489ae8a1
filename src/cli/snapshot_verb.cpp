// SPDX-License-Identifier: Apache-2.0
#include "cli/snapshot_verb.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/recorded_snapshot.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "cli/watch_span.hpp"
#include "dbgscope/utf8.hpp"
#include "kernel/cgroup_files.hpp"
#include "text/json.hpp"
#include "tools/inspect/cpu_snapshot.hpp"

namespace dbgscope {
namespace {

bool held_by_watcher(const std::string &id)
{
    const auto live = live_sessions();
    return live && std::ranges::any_of(live->sessions, [&id](const LiveSession &session) {
               return session.record.id == id && session.watcher_alive && session.record.state == SessionState::held;
           });
}

/// A debuggee's own cgroup, where it can be frozen without its debugger and its watcher.
Freezer freezer_of(pid_t pid)
{
    const auto session = session_debugging(pid);
    if (!session)
        return {};
    const SessionPlace &place = session->record.place;
    if (place.scope.empty() || !place.divided || !has_file(CgroupFile::freeze, place.version))
        return {};
    return {.directory = place.capped(), .stays = [id = session->record.id] { return held_by_watcher(id); }};
}

Result<CpuSnapshot> cpu_snapshot(const Target &target, std::chrono::milliseconds span)
{
    if (target.pid == 0)
        return fail({.kind = ErrorKind::usage,
                     .operation = "sample",
                     .subject = "a core file",
                     .cause = "nothing runs in it any more: --cpu is for a process"});
    const UniqueFd stop = end_signals();
    say_watching(target.pid, span);
    return take_cpu_snapshot(target, {.span = span, .stop = stop.get(), .freezer = freezer_of(target.pid)});
}

/// {"schema": 1, "directory", "files": [...], "cpu": {...}}.
std::string written_json(const std::string &directory, const Snapshot &snapshot, const CpuJoin *cpu)
{
    Json object{{"schema", 1}, {"directory", escape_bytes(directory)}};
    Json &files = object["files"] = Json::array();
    for (const Snapshot::File &file : snapshot.files)
        files.push_back(file.name);
    if (cpu != nullptr)
        object["cpu"] = cpu_json(*cpu);
    return object.dump({.ascii = true}) + '\n';
}

std::string written_text(const std::string &directory, const Snapshot &snapshot, const CpuJoin *cpu)
{
    std::string text = cpu != nullptr ? cpu_text(*cpu) + '\n' : "";
    for (const Snapshot::File &file : snapshot.files)
        text += fmt::format("written: {}/{}\n", printable(directory), file.name);
    return text;
}

} // namespace

void declare_snapshot(CLI::App &app)
{
    declare_target(app);
    add_value(app, "-o,--output", "DIR", "The directory to make; without, dbgscope-snapshot.PID here");
    add_value(app, "--cpu", "TIME", "Sample the processor time of so long before it, too: 5s");
    add_flag(app, "--json", "Print what was found as JSON");
}

Result<int> snapshot_verb(const CLI::App &parsed, const Invocation &)
{
    const bool with_cpu = is_given(parsed, "--cpu");
    const auto span = with_cpu ? read_watch_span("--cpu", option_value(parsed, "--cpu"))
                               : Result<std::chrono::milliseconds>(std::chrono::milliseconds());
    if (!span)
        return fail(span.error());
    const auto target = chosen_target(parsed);
    if (!target)
        return fail(target.error());
    std::string directory = option_value(parsed, "-o");
    if (directory.empty())
        directory = fmt::format("dbgscope-snapshot.{}", target->pid);
    if (auto free = check_new_directory(directory); !free)
        return pass(free);
    std::optional<CpuSnapshot> cpu;
    if (with_cpu) {
        auto taken = cpu_snapshot(*target, *span);
        if (!taken)
            return fail(taken.error());
        cpu = std::move(*taken);
    }
    const Snapshot snapshot = cpu ? std::move(cpu->snapshot) : take_snapshot(*target, unix_ns());
    if (auto written = write_snapshot(snapshot, directory); !written)
        return pass(written);
    if (const auto session = session_debugging(target->pid))
        record_snapshot(session->record, snapshot, directory);
    const auto say = is_given(parsed, "--json") ? written_json : written_text;
    if (auto printed = print(say(directory, snapshot, cpu ? &cpu->join : nullptr)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
