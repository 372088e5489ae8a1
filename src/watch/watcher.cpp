// SPDX-License-Identifier: Apache-2.0
#include "watch/watcher.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "kernel/cgroup.hpp"
#include "kernel/pressure.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"
#include "sys/file.hpp"
#include "watch/cleanup.hpp"
#include "watch/exit_status.hpp"

namespace dbgscope {
namespace {

constexpr std::chrono::milliseconds kKillPatience{5000};
constexpr std::chrono::milliseconds kRemovePatience{1000};

/// A held debuggee raises the pressure of its cgroup; systemd-oomd judges leaves and honours this mark
/// (systemd.resource-control(5), ManagedOOMPreference=) on cgroups of the same owner.
void avoid_oomd(const std::string &path)
{
    (void)::setxattr(path.c_str(), "user.oomd_avoid", "1", 1, 0);
}

VerdictContext verdict_context(const Watch &order, bool divided)
{
    return {.tool = order.tool,
            .split = divided,
            .builds = order.builds,
            .go = !order.go_version.empty(),
            .gomemlimit = order.gomemlimit,
            .fuse = divided || order.around ? order.fuse : FuseAction::off,
            .around = order.around ? order.around->name : ""};
}

} // namespace

Watcher::Watcher(WatchStart start)
    : order_(std::move(start.order)), launcher_(std::move(start.launcher)),
      debugger_(process_id(start.debugger).value_or(ProcessId{start.debugger})),
      speaker_(order_.quiet, order_.log_file),
      debuggee_stderr_(order_.quiet || !order_.log_file.empty() ? 0 : start.debugger),
      desktop_(order_.notify, order_.session), signals_(order_.wait ? start.debugger : 0), recorder_(order_, debugger_),
      recording_(order_.record)
{
    if (auto null = open_at(AT_FDCWD, "/dev/null", O_RDONLY))
        for_listener_ = std::move(*null);
    if (order_.use_pidfd)
        debugger_pidfd_ = open_pidfd(start.debugger);
    if (const auto stat = read_process_stat(start.debugger))
        debuggers_session_ = stat->session;
    own_score_ = oom_score_of(::getpid());
    for (const std::string &line : start.unsaid)
        recorder_.keep_unsaid(line);
}

bool Watcher::introduced()
{
    SessionPlace expected;
    auto message = receive_from_launcher(launcher_.get());
    for (; message && message->expected; message = receive_from_launcher(launcher_.get()))
        expected = std::move(*message->expected);
    if (!message || !message->place) {
        launcher_.reset();
        if (!order_.wait && expected.remove) // killed on the way; where it has failed, it has done this itself
            remove_abandoned(expected, kRemovePatience);
        return false;
    }
    auto opened = order_.around ? Result<OpenSession>(open_alone()) : open_session(*message->place);
    if (!opened) {
        not_watched_ = fmt::format("this session is not watched{}: {}",
                                   message->place->divided ? ", and the debuggee's cap does not hold" : "",
                                   to_line(opened.error()));
        if (order_.split_required)
            launcher_.reset();         // instead of an answer
        return !order_.split_required; // the debugger's calls behind the filter are still to be answered
    }
    if (order_.split_required)
        tell_launcher_ready(launcher_.get());
    cgroups_.emplace(std::move(*opened)); // while the launcher goes on
    arm_fuse();
    set_up();
    return true;
}

void Watcher::set_up()
{
    const OpenSession &session = *cgroups_;
    const SessionPlace &where = session.place;
    if (where.version == 2) {
        if (auto file = Cgroup(session.scope.get(), where.version).open(CgroupFile::events, O_RDONLY))
            memory_events_ = std::move(*file);
        if (session.debuggee.valid())
            if (auto file = Cgroup(session.debuggee.get(), where.version).open(CgroupFile::state, O_RDONLY))
                populated_ = std::move(*file);
        avoid_oomd(session.place.debugger());
        avoid_oomd(where.scope + '/' + kWatchName);
    }
    const auto place = [](const UniqueFd &directory, std::string path) {
        return WatchedCgroup{directory.get(), std::move(path)};
    };
    const bool divided = session.debuggee.valid();
    const auto &around = order_.around;
    oom_.emplace(
        OomSetup{.version = around ? around->version : where.version,
                 .scope = around ? place(session.around, around->directory) : place(session.scope, where.scope),
                 .debuggee = divided ? place(session.debuggee, session.place.debuggee()) : WatchedCgroup{},
                 .debugger = divided ? place(session.debugger, session.place.debugger()) : WatchedCgroup{},
                 .debugger_pid = debugger_.pid,
                 .cap = order_.cap,
                 .context = verdict_context(order_, divided)});
    SessionRecord &record = recorder_.record();
    record.place = where;
    record.fuse = fuse_ && is_fuse(order_.fuse) ? fuse_->line() : Limit();
    record.look = fuse_ && order_.fuse == FuseAction::look ? fuse_->line() : Limit();
    if (around)
        set_up_alone();
}

void Watcher::arm_fuse()
{
    if (!cgroups_->debuggee.valid())
        return;
    if (order_.fuse == FuseAction::look && !has_file(CgroupFile::high, cgroups_->place.version)) {
        auto line = UsageThreshold::watch(Cgroup(cgroups_->debuggee.get(), cgroups_->place.version), order_.fuse_line);
        if (line) // else the verdict has one clause less
            look_line_ = std::move(*line);
        return;
    }
    const bool fused = order_.fuse != FuseAction::off && order_.fuse_line.finite();
    if (!fused && order_.pressure != PressureAction::hold)
        return;
    auto fuse = FuseKeeper::arm({.version = cgroups_->place.version,
                                 .directory = cgroups_->debuggee.get(),
                                 .line = order_.fuse_line,
                                 .cap = order_.cap,
                                 .action = order_.fuse,
                                 .looks = looks(),
                                 .who = order_.tool == "run" ? "the command" : "debuggee",
                                 .say = [this](std::string_view id, std::string_view line) { on_fuse(id, line); }});
    if (fuse)
        fuse_.emplace(std::move(*fuse));
    else
        say(fmt::format("no fuse, the cap alone holds: {}", to_line(fuse.error())));
}

/// After the launcher's exec: nothing of this is waited for.
void Watcher::take_listener(UniqueFd fd)
{
    const auto tell = [this](std::string_view line) {
        if (cgroups_) // else not_watched_ says it
            say(line);
    };
    debuggees_.emplace(cgroups_ ? *cgroups_ : no_cgroups_, PtraceListener(std::move(fd)), debugger_.pid,
                       order_.debuggee_oom_score_adj, order_.split_required, order_.heap_profile_rate, tell);
    bound_debuggees();
}

void Watcher::say(std::string_view line)
{
    recording_.said(line);
    if (!speaker_.say(line))
        recorder_.keep_unsaid(line);
}

std::vector<pid_t> Watcher::debuggee_pids() const
{
    std::vector<pid_t> pids;
    if (debuggees_)
        for (const Debuggee &debuggee : debuggees_->living())
            pids.push_back(debuggee.id.pid);
    return pids;
}

/// What a person has to know: also where the program's own output goes.
void Watcher::tell(std::string_view line)
{
    recording_.said(line);
    const std::vector<pid_t> pids = debuggee_pids();
    debuggee_stderr_.expect_death(pids, std::chrono::steady_clock::now());
    const bool shown = debuggee_stderr_.say(line);
    if (pids.empty()) // the verdict of the last one, if anything
        debuggee_stderr_.close();
    if (!speaker_.say(line) && !shown)
        recorder_.keep_unsaid(line);
}

/// Not before the exec: of a launch that has failed meanwhile nothing is to be found.
void Watcher::say_if_not_watched()
{
    if (!not_watched_.empty())
        say(std::exchange(not_watched_, {}));
}

void Watcher::report(const std::optional<Verdict> &verdict)
{
    if (!verdict)
        return;
    const bool known = verdict->memory() && verdict->victim == Victim::debuggee;
    const std::string line = verdict->line + (known ? last_look_words() : "");
    if (verdict->say) {
        tell(line);
        if (verdict->memory())
            desktop_.killed(line);
    }
    if (verdict->memory())
        react(SessionEvent::killed, line);
    constexpr std::size_t kMaxVerdicts = 256; // a debuggee may be killed and restarted for hours
    auto &verdicts = recorder_.record().verdicts;
    if (verdicts.size() < kMaxVerdicts)
        verdicts.push_back(line);
    recorder_.write();
}

/// dlv removes what it has built; killed, it cannot. Only what was made in this session, and only by its known names.
void Watcher::remove_debug_binaries()
{
    if (order_.tool != "dlv" || !order_.builds)
        return;
    for (const std::string &program : programs_) {
        const std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
        struct statx info{};
        if (!name.starts_with("__debug_bin") && name != "debug.test")
            continue;
        // The directory may be another user's, who has put a link in its way since.
        const std::string folder = program.substr(0, program.rfind('/')), file(name);
        const auto directory = open_directory(folder);
        if (!directory || read_link(kSelfDescriptors + std::to_string(directory->get())) != folder)
            continue;
        if (::statx(directory->get(), file.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &info) != 0 ||
            !S_ISREG(info.stx_mode))
            continue;
        const auto &made = (info.stx_mask & STATX_BTIME) != 0 ? info.stx_btime : info.stx_ctime;
        if (made.tv_sec >= recorder_.record().started_unix_s && info.stx_uid == ::getuid())
            (void)::unlinkat(directory->get(), file.c_str(), 0);
    }
}

/// A parent knows it for certain; others where the kernel still tells.
std::optional<int> Watcher::debugger_status()
{
    if (!order_.wait)
        return exit_status_of(debugger_, debugger_pidfd_.get());
    if (wait_status_)
        return wait_status_;
    int status = 0;
    while (::waitpid(debugger_.pid, &status, 0) < 0)
        if (errno != EINTR)
            return std::nullopt;
    wait_status_ = status;
    return status;
}

void Watcher::finish()
{
    while (launcher_.valid() && take_message()) { // a short session: what the launcher said is not read yet
    }
    if (executed_) {
        say_if_not_watched();
        adopt_command();
    }
    const auto now = std::chrono::steady_clock::now();
    if (look_.fd() >= 0)
        take(look_.read()); // what has come by now
    const auto status = debugger_status();
    if (debuggees_) {
        debuggees_->look(order_.cap);
        debuggees_->check_places(order_.cap); // v1 tells nobody when a process leaves
    }
    if (is_own_debuggee())
        on_gone(now); // of that a verdict as a debuggee, and no other
    if (oom_ && executed_)
        report(oom_->on_debugger_gone(is_own_debuggee() ? std::nullopt : status, now));
    look_.end();
    const PartingRules rules = take_leave(status);
    debuggee_stderr_.close();
    reactor_.keep_stderr();
    speaker_.close(); // clients wait for it: before anything that takes time
    disarm_fuses();
    if (debuggees_)
        for (const Debuggee &debuggee : debuggees_->living())
            if (!debuggee.program.empty())
                programs_.push_back(debuggee.program);
    SessionRecord &record = recorder_.record();
    if (cgroups_) {
        if (const auto text = Cgroup(cgroups_->v2_scope(), 2).read(CgroupFile::pressure))
            if (Pressure totals; parse_pressure(*text, totals)) {
                record.stall_some_us = totals.some.total_us;
                record.stall_full_us = totals.full.total_us;
            }
        set_free(part(*cgroups_, rules).live_on);
        (void)kill_leftovers(*cgroups_, rules, order_.use_cgroup_kill, kKillPatience);
    }
    if (oom_) {
        record.counts = oom_->counts();
        record.debuggee_peak_bytes = oom_->debuggee_peak_bytes();
        record.debugger_peak_bytes = oom_->debugger_peak_bytes();
    }
    if (fuse_)
        record.fuse_trips = fuse_->trips();
    end_alone();
    if (cgroups_)
        remove_cgroups(*cgroups_, kRemovePatience);
    remove_debug_binaries();
    if (status)
        record.exit_status = WIFSIGNALED(*status) ? -WTERMSIG(*status) : WEXITSTATUS(*status);
    if (executed_ && cgroups_) {
        recording_.end(record);
        if (const auto &why = recording_.failure())
            recorder_.keep_unsaid(to_line(*why));
        recorder_.end();
        reactor_.ended(session_paths().history, event_facts({}));
    }
}

} // namespace dbgscope
