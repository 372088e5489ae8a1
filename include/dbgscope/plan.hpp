// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dbgscope/alloc_thresholds.hpp"
#include "dbgscope/around.hpp"
#include "dbgscope/bytes.hpp"
#include "dbgscope/fields.hpp"
#include "dbgscope/reactions.hpp"
#include "dbgscope/scope_plan.hpp"

// What was decided and why: ordered, typed steps. Made by plan/, carried out by launch/, printed by render/.
namespace dbgscope {

enum class Backend { systemd_system, systemd_user, cgroupfs, none };
constexpr std::array<Named<Backend>, 4> enum_names(Backend)
{
    return {{{Backend::systemd_system, "systemd-system"},
             {Backend::systemd_user, "systemd-user"},
             {Backend::cgroupfs, "cgroupfs"},
             {Backend::none, "none"}}};
}
[[nodiscard]] const char *backend_name(Backend backend); ///< the same for people

enum class FuseAction : std::uint8_t {
    off,
    look,     ///< nothing is held and nothing said: who holds the memory is noted for the verdict
    warn,     ///< said; it runs on
    snapshot, ///< it waits until the snapshot is taken, and runs on
    hold,
};
constexpr std::array<Named<FuseAction>, 5> enum_names(FuseAction)
{
    return {{{FuseAction::off, "off"},
             {FuseAction::look, "look"},
             {FuseAction::warn, "warn"},
             {FuseAction::snapshot, "snapshot"},
             {FuseAction::hold, "hold"}}};
}
/// A person hears of it.
constexpr bool is_fuse(FuseAction action)
{
    return action != FuseAction::off && action != FuseAction::look;
}
enum class PressureAction : std::uint8_t {
    off,
    say,
    weight, ///< and the debuggee's cpu.weight is lowered while it lasts
    hold,   ///< and the debuggee is frozen while it lasts, as long as nobody asks it to stop
};
constexpr std::array<Named<PressureAction>, 4> enum_names(PressureAction)
{
    return {{{PressureAction::off, "off"},
             {PressureAction::say, "say"},
             {PressureAction::weight, "weight"},
             {PressureAction::hold, "hold"}}};
}

/// Whether a hold and a kill are also told by the desktop's notification service.
enum class DesktopNotice : std::uint8_t {
    off,
    automatic, ///< where standard error is no terminal and there is a session bus
    on,
};
constexpr std::array<Named<DesktopNotice>, 3> enum_names(DesktopNotice)
{
    return {{{DesktopNotice::off, "off"}, {DesktopNotice::automatic, "auto"}, {DesktopNotice::on, "on"}}};
}

/// What the watcher has to know; plain data, so that everything else can be freed.
struct Watch {
    bool wait = false; ///< be the debugger's parent instead of a process beside it
    std::string session, backend, tool;
    std::vector<std::string> command;
    bool split = false, split_required = false;
    int debuggee_oom_score_adj = 0; ///< raised to this on entering `debuggee`; below what it has: left alone
    Limit cap;                      ///< of the debuggee (split) or the command
    Limit scope_limit;
    FuseAction fuse = FuseAction::off;
    Limit fuse_line; ///< infinity: no fuse
    PressureAction pressure = PressureAction::off;
    std::int64_t pressure_some_permyriad = 0, pressure_full_permyriad = 0; ///< of a 2 s window; 0: not watched
    std::uint64_t heap_profile_rate = 0; ///< switch Go's heap profile on, a sample every so many bytes; 0: do not
    std::uint64_t growth_period = 0;     ///< sample one page fault of so many of a debuggee that is not Go; 0: none
    AllocThresholds alloc;
    bool snapshot = false;                         ///< one is taken when the fuse trips
    std::string snapshot_directory;                ///< below which; empty: beside the history
    bool use_pidfd = true, use_cgroup_kill = true; ///< false: --assume no-…
    std::string go_version;                        ///< of the debuggee where known
    std::optional<Limit> gomemlimit; ///< of the debuggee, infinity: none; nothing: not Go, or its client may set it
    bool gomemlimit_live = false;    ///< dbgscope has set it, and the debugger's client has a command that changes it
    Limit gomemlimit_ours;           ///< see SessionRecord
    bool builds = false;             ///< the debugger starts a compiler
    bool record = false;             ///< a recording is kept, for `dbgscope report`
    std::int64_t client_timeout_ms = 0; ///< end a debugger that no client has reached by then; 0: never
    Reactions on;
    std::int64_t drift_permyriad = 0; ///< beyond it from its own week a program has drifted; 0: not looked at
    std::string history_textfile;     ///< the directory of node_exporter's textfiles; empty: none is written
    DesktopNotice notify = DesktopNotice::off;
    bool quiet = false;
    std::string log_file;         ///< instead of stderr; empty: stderr
    std::optional<Around> around; ///< set where there is no cgroup of the session's own
    bool operator==(const Watch &) const = default;

    /// The seccomp filter tells of each debuggee.
    [[nodiscard]] bool filtered() const { return split || (around && around->knows_debuggees); }
};

/// Leave a watcher beside the debugger, or (wait) become one. Before the cgroup is made: both enter it together.
struct StartWatcher {
    Watch watch;
    bool operator==(const StartWatcher &) const = default;
};

/// The debugger's own log of the messages of its protocol goes to a file that is made anew (0600).
struct KeepDapLog {
    std::string path;               ///< absolute
    std::vector<std::string> words; ///< of the command line that switch it on: gone where there is no such file
    std::string variable;           ///< or of the environment
    bool ready_line = false; ///< the debugger says there, and not on standard output, where it listens: it is handed on
    bool operator==(const KeepDapLog &) const = default;
};

/// The seccomp filter that tells the watcher of each new debuggee. Inherited by everything the debugger starts.
struct InstallFilter {
    bool required = false;
    bool go_starts = false;   ///< and of each start of a Go program, so that its heap profile can be switched on
    bool allocations = false; ///< and of each large piece of memory that is asked for
    bool itself = false;      ///< this process is the debuggee: it enters that cgroup once the filter is there
    bool operator==(const InstallFilter &) const = default;
};

/// Read back what is in force from the hierarchy that /proc/self/cgroup names.
struct VerifyLimit {
    Limit expected;        ///< the cap asked for
    bool required = false; ///< --require=limit: a mismatch is an error, not a line on stderr
    bool operator==(const VerifyLimit &) const = default;
};

/// PR_SET_THP_DISABLE, inherited by all that is started: a page fault takes a page, not a huge page of 2 MiB.
struct NoHugePages {
    bool operator==(const NoHugePages &) const = default;
};

struct SetOomScore {
    int value = 0;
    bool required = false;
    bool only_with_split = false; ///< after InstallFilter: without it the debuggee would inherit the score
    bool operator==(const SetOomScore &) const = default;
};
struct SetRlimit {
    std::string resource;
    std::uint64_t soft = 0, hard = 0; ///< resource as in prlimit(1): "NOFILE"; UINT64_MAX = infinity
    bool operator==(const SetRlimit &) const = default;
};
struct SetNice {
    int value = 0;
    bool operator==(const SetNice &) const = default;
};
struct SetCredentials {
    std::string user, group; ///< names or numbers; initgroups is done; empty: unchanged
    bool operator==(const SetCredentials &) const = default;
};
struct ChangeDirectory {
    std::string path;
    bool operator==(const ChangeDirectory &) const = default;
};
struct EnvChange {
    std::string name;
    std::optional<std::string> value; ///< nothing: unset
    bool operator==(const EnvChange &) const = default;
};
struct SetEnvironment {
    std::vector<EnvChange> changes;
    bool operator==(const SetEnvironment &) const = default;
};
/// What dlv reads at its first prompt: `path` is written, as an argument of the Execute step names it. Where that
/// cannot be done the launch goes on without both.
struct WriteInitFile {
    std::string path; ///< in a directory that nobody else can write to, made where it is missing
    std::string text;
    bool operator==(const WriteInitFile &) const = default;
};
/// The last step. `path` is the file to execute, arguments[0] the name the tool sees.
struct Execute {
    std::string path;
    std::vector<std::string> arguments;
    bool search_path = false;
    bool operator==(const Execute &) const = default;
};

using Action = std::variant<StartWatcher, KeepDapLog, CreateScope, CreateCgroup, VerifyLimit, InstallFilter,
                            NoHugePages, SetOomScore, SetRlimit, SetNice, SetCredentials, ChangeDirectory,
                            SetEnvironment, WriteInitFile, Execute>;
/// What the plan's JSON calls each of them, in their order.
inline constexpr std::array<std::string_view, std::variant_size_v<Action>> kActionNames{
    "start-watcher",   "keep-dap-log",     "create-scope",    "create-cgroup",   "verify-limit",
    "install-filter",  "no-huge-pages",    "set-oom-score",   "set-rlimit",      "set-nice",
    "set-credentials", "change-directory", "set-environment", "write-init-file", "exec"};

struct Step {
    Action action;
    std::string reason; ///< why, for people: "cap 512M from --memory-max"
    bool operator==(const Step &) const = default;
};

/// Something the user should know; printed before the launch, one line each.
struct Notice {
    std::string id; ///< stable: "no-scope", "pressure", "godebug-dead"
    std::string text;
    bool operator==(const Notice &) const = default;
};

/// What to do when creating the scope fails although the plan expected it to work.
enum class OnFailure { fall_back, fail };
constexpr std::array<Named<OnFailure>, 2> enum_names(OnFailure)
{
    return {{{OnFailure::fall_back, "fall-back"}, {OnFailure::fail, "fail"}}};
}

struct LaunchPlan {
    Backend backend = Backend::none;
    std::string backend_reason;
    std::string session;      ///< exported as DBGSCOPE_SESSION; empty for a pass-through
    std::optional<Limit> cap; ///< of the debuggee or command; nothing: no cap
    OnFailure on_scope_failure = OnFailure::fall_back;
    OnFailure on_limit_failure = OnFailure::fall_back;
    std::vector<Step> steps;
    /// Steps used instead when the scope cannot be made and on_scope_failure is fall_back: the next backend's. Ends at
    /// `none`.
    std::vector<LaunchPlan> fallback;
    std::vector<Notice> notices;
    /// What was considered and is not done, with the reason: for the plan's text, not worth a line at every launch.
    std::vector<Notice> left_out;
    /// One line for the user once everything before the exec has worked; empty for a pass-through.
    std::string announcement;
    bool operator==(const LaunchPlan &) const = default;
};

// The fields, as `--dry-run --json` writes them.
inline constexpr int kPlanSchema = 1;

void fields(auto &visit, Is<Watch> auto &watch)
{
    visit("wait", watch.wait);
    visit("session", watch.session);
    visit("backend", watch.backend);
    visit("tool", watch.tool);
    visit("command", watch.command);
    visit("split", watch.split);
    visit("split_required", watch.split_required);
    visit("debuggee_oom_score_adj", watch.debuggee_oom_score_adj);
    visit("cap_bytes", watch.cap);
    visit("scope_limit_bytes", watch.scope_limit);
    visit("fuse", watch.fuse);
    visit("fuse_line_bytes", watch.fuse_line);
    visit("pressure", watch.pressure);
    visit("pressure_some_permyriad", watch.pressure_some_permyriad);
    visit("pressure_full_permyriad", watch.pressure_full_permyriad);
    visit("use_pidfd", watch.use_pidfd);
    visit("use_cgroup_kill", watch.use_cgroup_kill);
    visit("go_version", watch.go_version);
    visit("heap_profile_rate", watch.heap_profile_rate);
    visit("growth_period", watch.growth_period);
    visit("alloc", watch.alloc);
    visit("snapshot", watch.snapshot);
    visit("snapshot_directory", watch.snapshot_directory);
    visit("gomemlimit_bytes", watch.gomemlimit);
    visit("gomemlimit_live", watch.gomemlimit_live);
    visit("gomemlimit_ours_bytes", watch.gomemlimit_ours);
    visit("builds", watch.builds);
    visit("record", watch.record);
    visit("client_timeout_ms", watch.client_timeout_ms);
    visit("on", watch.on);
    visit("drift_permyriad", watch.drift_permyriad);
    visit("history_textfile", watch.history_textfile);
    visit("notify", watch.notify);
    visit("quiet", watch.quiet);
    visit("log_file", watch.log_file);
    visit("around", watch.around);
}

void fields(auto &visit, Is<StartWatcher> auto &start)
{
    fields(visit, start.watch);
}

void fields(auto &visit, Is<KeepDapLog> auto &log)
{
    visit("path", log.path);
    visit("words", log.words);
    visit("variable", log.variable);
    visit("ready_line", log.ready_line);
}

void fields(auto &visit, Is<InstallFilter> auto &filter)
{
    visit("required", filter.required);
    visit("go_starts", filter.go_starts);
    visit("allocations", filter.allocations);
    visit("itself", filter.itself);
}

void fields(auto &visit, Is<VerifyLimit> auto &verify)
{
    visit("bytes", verify.expected);
    visit("required", verify.required);
}

void fields(auto & /*visit*/, Is<NoHugePages> auto & /*nothing*/) {}

void fields(auto &visit, Is<SetOomScore> auto &score)
{
    visit("value", score.value);
    visit("required", score.required);
    visit("only_with_split", score.only_with_split);
}

void fields(auto &visit, Is<SetRlimit> auto &limit)
{
    visit("resource", limit.resource);
    visit("soft", limit.soft);
    visit("hard", limit.hard);
}

void fields(auto &visit, Is<SetNice> auto &nice)
{
    visit("value", nice.value);
}

void fields(auto &visit, Is<SetCredentials> auto &credentials)
{
    visit("user", credentials.user);
    visit("group", credentials.group);
}

void fields(auto &visit, Is<ChangeDirectory> auto &change)
{
    visit("path", change.path);
}

void fields(auto &visit, Is<SetEnvironment> auto &environment)
{
    visit.by_name("changes", environment.changes);
}

void fields(auto &visit, Is<WriteInitFile> auto &file)
{
    visit("path", file.path);
    visit("text", file.text);
}

void fields(auto &visit, Is<Execute> auto &execute)
{
    visit("path", execute.path);
    visit("arguments", execute.arguments);
    visit("search_path", execute.search_path);
}

void fields(auto &visit, Is<Step> auto &step)
{
    visit.inlined("action", step.action, kActionNames);
    visit("reason", step.reason);
}

void fields(auto &visit, Is<Notice> auto &notice)
{
    visit("id", notice.id);
    visit("text", notice.text);
}

void fields(auto &visit, Is<LaunchPlan> auto &plan)
{
    visit.schema(kPlanSchema);
    visit("backend", plan.backend);
    visit("reason", plan.backend_reason);
    visit("session", plan.session);
    visit("cap_bytes", plan.cap);
    visit("on_scope_failure", plan.on_scope_failure);
    visit("on_limit_failure", plan.on_limit_failure);
    visit("steps", plan.steps);
    visit("notices", plan.notices);
    visit("left_out", plan.left_out);
    visit("announcement", plan.announcement);
    visit("fallback", plan.fallback);
}

} // namespace dbgscope
