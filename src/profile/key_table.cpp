// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/profile.hpp"

#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

using enum ProjectRule;
using T = ValueType;

constexpr std::string_view kGeneral = "General";
constexpr std::string_view kMemory = "Memory limits";
constexpr std::string_view kWatch = "Watcher, split and fuse";
constexpr std::string_view kOther = "CPU, IO and task limits";
constexpr std::string_view kScope = "Scope";
constexpr std::string_view kProcess = "Process";
constexpr std::string_view kPressure = "Memory pressure";
constexpr std::string_view kAlloc = "What the debuggee asks of the kernel";
constexpr std::string_view kEvents = "What is done when something happens";
constexpr std::string_view kGo = "Go programs";
constexpr std::string_view kHistory = "History";
constexpr std::string_view kTools = "Where the tools are";

// Percentages are in 1/100 of a percent. A project file may lower limits; whatever names a path, a person, a tool or an
// environment variable is closed to it.
// clang-format off
constexpr std::array<KeyInfo, kKeyCount> kTable{{
    {Key::profile, "profile", "", T::text, allowed, kGeneral, "", 0, 0, "NAME",
     "Take the values of this profile first"},
    {Key::backend, "backend", "", T::choice, forbidden, kGeneral, "auto|systemd-user|systemd-system|cgroupfs|none", 0, 0, "NAME",
     "How the scope is made"},
    {Key::require, "require", "", T::choices, tighten, kGeneral, "scope|limit|split|fuse", 0, 0, "WHAT",
     "Fail instead of starting without these"},
    {Key::assume, "assume", "", T::list, forbidden, kGeneral, "", 0, 0, "no-FEATURE",
     "Behave as if this machine lacked a feature"},
    {Key::quiet, "quiet", "-q", T::flag, forbidden, kGeneral, "", 0, 0, "",
     "Say nothing on standard error unless the launch fails"},
    {Key::log_file, "log_file", "", T::text, forbidden, kGeneral, "", 0, 0, "FILE",
     "Append messages to FILE instead of standard error"},
    {Key::notify, "notify", "", T::choice, forbidden, kGeneral, "auto|on|off", 0, 0, "WHEN",
     "Tell a hold and a kill by the desktop's notification service too"},

    {Key::memory_max, "memory.max", "", T::size, tighten, kMemory, "", 1, 0, "SIZE",
     "The cap: most memory the debuggee, or the command under run, may use"},
    {Key::memory_high, "memory.high", "", T::size, tighten, kMemory, "", 1, 0, "SIZE",
     "Throttle and reclaim above this much memory"},
    {Key::memory_low, "memory.low", "", T::size, tighten, kMemory, "", 0, 0, "SIZE",
     "Memory kept from reclaim while others have some to give"},
    {Key::memory_min, "memory.min", "", T::size, tighten, kMemory, "", 0, 0, "SIZE",
     "Memory never reclaimed"},
    {Key::memory_swap_max, "memory.swap_max", "", T::size, tighten, kMemory, "", 0, 0, "SIZE",
     "Most swap space that may be used"},
    {Key::memory_share, "memory.share", "", T::percent, tighten, kMemory, "", 100, 10000, "PERCENT",
     "Share of the free memory that the default cap takes"},
    {Key::debugger_memory_max, "debugger.memory_max", "", T::size, tighten, kMemory, "", 1, 0, "SIZE",
     "Limit of the debugger and what it starts, such as go build"},
    {Key::total_memory_max, "total.memory_max", "", T::size, tighten, kMemory, "", 1, 0, "SIZE",
     "Limit of the whole scope, debugger and debuggee together"},
    {Key::rlimit_data, "rlimit_data", "", T::text, forbidden, kMemory, "", 0, 0, "auto|off|SIZE",
     "Where no cgroup can be made: most memory the debuggee may map (RLIMIT_DATA)"},

    {Key::watch, "watch", "-w", T::flag, forbidden, kWatch, "", 0, 0, "",
     "Leave a watcher beside the command: the default with a debugger verb"},
    {Key::wait, "wait", "", T::flag, forbidden, kWatch, "", 0, 0, "",
     "Stay as the parent of the command, and exit with 137 when it was killed for memory"},
    {Key::split, "split", "", T::choice, forbidden, kWatch, "off|auto", 0, 0, "WHEN",
     "Keep debugger and debuggee in two cgroups, so that the cap bounds the debuggee alone"},
    {Key::fuse_action, "fuse.action", "", T::choice, forbidden, kWatch, "off|warn|snapshot|hold", 0, 0, "ACTION",
     "What to do with a debuggee that is about to run out of memory"},
    {Key::snapshot, "snapshot", "", T::text, forbidden, kWatch, "", 0, 0, "auto|off|DIR",
     "Where a snapshot goes that is taken when the memory runs out"},
    {Key::growth_profile, "growth_profile", "", T::choice, forbidden, kWatch, "auto|on|off", 0, 0, "WHEN",
     "Sample who grows the memory of a debuggee that is not Go"},
    {Key::client_timeout, "client_timeout", "", T::duration, forbidden, kWatch, "", 0, 0, "TIME",
     "End a dlv dap that no client has reached for this long; 0: never"},
    {Key::record, "record", "", T::choice, forbidden, kWatch, "auto|on|off", 0, 0, "WHEN",
     "Keep a recording of the session, for dbgscope report"},
    {Key::dap_log, "dap_log", "", T::text, forbidden, kWatch, "", 0, 0, "on|off|FILE",
     "Switch on the debugger's own log of the debug protocol, for dbgscope dap"},

    {Key::cpu_weight, "cpu.weight", "", T::weight, tighten, kOther, "", 1, 10000, "WEIGHT",
     "Share of the CPU under contention, 1 to 10000, or idle"},
    {Key::cpu_quota, "cpu.quota", "", T::percent, tighten, kOther, "", 1, 10000000, "PERCENT",
     "Most CPU time, 100% for each CPU"},
    {Key::io_weight, "io.weight", "", T::weight, tighten, kOther, "", 1, 10000, "WEIGHT",
     "Share of disk bandwidth under contention, 1 to 10000"},
    {Key::tasks_max, "tasks.max", "", T::count, tighten, kOther, "", 1, 0, "COUNT",
     "Most tasks: processes and threads"},

    {Key::slice, "slice", "", T::text, forbidden, kScope, "", 0, 0, "SLICE",
     "Put the scope into this slice"},
    {Key::slice_inherit, "slice_inherit", "", T::flag, forbidden, kScope, "", 0, 0, "",
     "Put the slice below the one dbgscope itself runs in"},
    {Key::unit, "unit", "-u", T::text, forbidden, kScope, "", 0, 0, "NAME",
     "Exact name of the scope"},
    {Key::name_prefix, "name_prefix", "", T::text, forbidden, kScope, "", 0, 0, "PREFIX",
     "First part of the scope's generated name"},
    {Key::description, "description", "", T::text, forbidden, kScope, "", 0, 0, "TEXT",
     "Description of the scope"},
    {Key::collect, "collect", "-G", T::flag, forbidden, kScope, "", 0, 0, "",
     "Unload the scope when it ends, even if it failed"},
    {Key::runtime_max, "runtime_max", "", T::duration, tighten, kScope, "", 1, 0, "TIME",
     "End the scope after this time"},
    {Key::oom_policy, "oom.policy", "", T::choice, forbidden, kScope, "continue|stop|kill", 0, 0, "POLICY",
     "What systemd does with the rest of the scope after an out-of-memory kill"},
    {Key::property, "property", "-p", T::list, forbidden, kScope, "", 0, 0, "NAME=VALUE",
     "Set a property of the scope"},
    {Key::job_mode, "job_mode", "", T::text, forbidden, kScope, "", 0, 0, "MODE",
     "How the start job deals with jobs already queued"},
    {Key::send_sighup, "send_sighup", "", T::flag, forbidden, kScope, "", 0, 0, "",
     "Send SIGHUP after SIGTERM when the scope is stopped"},
    {Key::ask_password, "ask_password", "", T::flag, forbidden, kScope, "", 0, 0, "",
     "Let the system manager ask for a password"},

    {Key::oom_score_adjust, "oom.score_adjust", "", T::integer, forbidden, kProcess, "", -1000, 1000, "NUMBER",
     "How readily the kernel picks it when the machine is out of memory, -1000 to 1000"},
    {Key::debugger_oom_score_adjust, "debugger.oom_score_adjust", "", T::integer, forbidden, kProcess, "", -1000, 1000, "NUMBER",
     "How readily the kernel picks the debugger, where it is kept apart from its debuggee"},
    {Key::debuggee_oom_score_adjust, "debuggee.oom_score_adjust", "", T::integer, forbidden, kProcess, "", -1000, 1000, "NUMBER",
     "How readily the kernel picks the debuggee, where it is kept apart from the debugger; only ever raised"},
    {Key::nice, "nice", "", T::integer, forbidden, kProcess, "", -20, 19, "NUMBER",
     "Nice level, -20 to 19"},
    {Key::uid, "uid", "", T::text, forbidden, kProcess, "", 0, 0, "USER",
     "Run as this user"},
    {Key::gid, "gid", "", T::text, forbidden, kProcess, "", 0, 0, "GROUP",
     "Run as this group"},
    {Key::working_directory, "working_directory", "", T::text, forbidden, kProcess, "", 0, 0, "DIR",
     "Start in this directory"},
    {Key::same_dir, "same_dir", "-d", T::flag, forbidden, kProcess, "", 0, 0, "",
     "Start in the current directory, which a scope does anyway"},
    {Key::setenv, "setenv", "-E", T::list, forbidden, kProcess, "", 0, 0, "NAME[=VALUE]",
     "Set an environment variable"},
    {Key::expand_environment, "expand_environment", "", T::flag, forbidden, kProcess, "", 0, 0, "",
     "Expand $NAME and ${NAME} in the command"},
    {Key::shell, "shell", "-S", T::flag, forbidden, kProcess, "", 0, 0, "",
     "Start the user's shell instead of a command"},

    {Key::pressure_some, "pressure.some", "", T::percent, tighten, kPressure, "", 0, 10000, "PERCENT",
     "Act when some tasks waited for memory this much of the last 10 s"},
    {Key::pressure_full, "pressure.full", "", T::percent, tighten, kPressure, "", 0, 10000, "PERCENT",
     "Act when all tasks waited for memory this much of the last 10 s"},
    {Key::pressure_action, "pressure.action", "", T::choice, tighten, kPressure, "off|warn|shrink|refuse", 0, 0, "ACTION",
     "What to do at a launch under memory pressure"},
    {Key::pressure_watch, "pressure.watch", "", T::choice, tighten, kPressure, "off|say|weight|hold", 0, 0, "ACTION",
     "What the watcher does while the session waits for memory that much"},

    {Key::alloc_large_mapping, "alloc.large_mapping", "", T::size, forbidden, kAlloc, "", 1, 0, "SIZE",
     "Say it when a program maps this much memory at once (BPF)"},
    {Key::alloc_reclaim_stall, "alloc.reclaim_stall", "", T::duration, forbidden, kAlloc, "", 1, 0, "TIME",
     "Say it when its threads have waited this long for reclaim within a second (BPF)"},
    {Key::alloc_kernel_memory, "alloc.kernel_memory", "", T::size, forbidden, kAlloc, "", 1, 0, "SIZE",
     "Say it each time the kernel's own memory for it has grown by this much"},
    {Key::alloc_oom_victims, "alloc.oom_victims", "", T::flag, forbidden, kAlloc, "", 0, 0, "",
     "Name each victim of the OOM killer at once, with what it held (BPF)"},

    {Key::on_pressure, "on.pressure", "", T::list, forbidden, kEvents, "", 0, 0, "ACTION",
     "Also do this when the session waits for memory: say, weight, hold, snapshot, stop or exec COMMAND"},
    {Key::on_growth, "on.growth", "", T::list, forbidden, kEvents, "", 0, 0, "ACTION",
     "Also do this when the debuggee has grown to its line: say, weight, snapshot, hold, stop or exec COMMAND"},
    {Key::on_held, "on.held", "", T::list, forbidden, kEvents, "", 0, 0, "ACTION",
     "Also do this when the debuggee is held: stop or exec COMMAND"},
    {Key::on_killed, "on.killed", "", T::list, forbidden, kEvents, "", 0, 0, "ACTION",
     "Also do this when the session has lost a process for memory: stop or exec COMMAND"},
    {Key::on_drift, "on.drift", "", T::list, forbidden, kEvents, "", 0, 0, "ACTION",
     "Also do this when an ended session was unlike those of the week before: say or exec COMMAND"},
    {Key::on_deadline, "on.deadline", "", T::duration, forbidden, kEvents, "", 1, 0, "TIME",
     "End a command of on: that runs longer"},

    {Key::go_memlimit, "go.memlimit", "", T::text, forbidden, kGo, "", 0, 0, "auto|off|SIZE",
     "GOMEMLIMIT for the debuggee"},
    {Key::heap_profile, "heap_profile", "", T::choice, forbidden, kGo, "auto|on|off", 0, 0, "WHEN",
     "Switch on the debuggee's own heap profile at its start, for dbgscope heap"},
    {Key::go_debug, "go.debug", "", T::list, forbidden, kGo, "", 0, 0, "NAME=VALUE",
     "Append a setting to GODEBUG"},
    {Key::go_debug_force, "go.debug_force", "", T::flag, forbidden, kGo, "", 0, 0, "",
     "Set GODEBUG keys that this Go version ignores or cannot bear"},

    {Key::history_keep, "history.keep", "", T::duration, forbidden, kHistory, "", 1, 0, "TIME",
     "How long dbgscope history --prune leaves ended sessions and their recordings"},
    {Key::history_drift, "history.drift", "", T::percent, forbidden, kHistory, "", 0, 100000, "PERCENT",
     "Beyond this distance from its own week dbgscope history --drift names a program"},
    {Key::history_textfile, "history.textfile", "", T::text, forbidden, kHistory, "", 0, 0, "DIR",
     "Write sums of the history to DIR/dbgscope.prom when a session ends, for node_exporter"},

    {Key::debuggers_dlv, "debuggers.dlv", "", T::text, forbidden, kTools, "", 0, 0, "FILE",
     "The real dlv"},
    {Key::debuggers_gdbserver, "debuggers.gdbserver", "", T::text, forbidden, kTools, "", 0, 0, "FILE",
     "The real gdbserver"},
    {Key::debuggers_gdb, "debuggers.gdb", "", T::text, forbidden, kTools, "", 0, 0, "FILE",
     "The real gdb"},
    {Key::debuggers_lldb_server, "debuggers.lldb_server", "", T::text, forbidden, kTools, "", 0, 0, "FILE",
     "The real lldb-server"},
    {Key::debuggers_lldb_dap, "debuggers.lldb_dap", "", T::text, forbidden, kTools, "", 0, 0, "FILE",
     "The real lldb-dap"},
}};
// clang-format on

constexpr bool rows_follow_the_enum()
{
    for (std::size_t i = 0; i < kTable.size(); ++i)
        if (kTable[i].key != static_cast<Key>(i))
            return false;
    return true;
}
static_assert(rows_follow_the_enum());

} // namespace

std::span<const KeyInfo> key_table()
{
    return kTable;
}

const KeyInfo &key_info(Key key)
{
    return kTable[static_cast<std::size_t>(key)];
}

const KeyInfo *find_key(std::string_view dotted_name)
{
    for (const KeyInfo &info : kTable)
        if (info.name == dotted_name)
            return &info;
    return nullptr;
}

std::string option_name(const KeyInfo &info)
{
    std::string name(info.name.size() + 2, '-');
    std::ranges::transform(info.name, name.begin() + 2, [](char c) { return c == '.' || c == '_' ? '-' : c; });
    return name;
}

std::string variable_name(const KeyInfo &info)
{
    std::string name = "DBGSCOPE_";
    for (const char c : info.name)
        name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

std::vector<std::string> key_names()
{
    std::vector<std::string> names;
    names.reserve(kTable.size());
    for (const KeyInfo &info : kTable)
        names.emplace_back(info.name);
    return names;
}

std::vector<std::string> choice_words(const KeyInfo &info)
{
    std::vector<std::string> words;
    for (std::string_view rest = info.choices; !rest.empty();) {
        const auto bar = rest.find('|');
        words.emplace_back(rest.substr(0, bar));
        rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
    }
    return words;
}

} // namespace dbgscope
