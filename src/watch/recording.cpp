// SPDX-License-Identifier: Apache-2.0
#include "watch/recording.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include <fmt/core.h>

#include "config.h"
#include "kernel/memory_stat.hpp"
#include "kernel/pressure.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMostEarly = 8;
constexpr std::size_t kMostText = 2048;             ///< of a line; a stack of names from /proc may be longer
constexpr std::chrono::milliseconds kSettled{1000}; ///< a program that ends sooner is not worth a process of its own
constexpr std::int64_t kJumpMs = 1000;              ///< of the calendar: what is less is slewing

std::int64_t clock_ms(clockid_t clock)
{
    timespec now{};
    (void)::clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

std::string end_text(const GoneDebuggee &gone)
{
    std::string text = gone.was.name;
    if (gone.wait_status && WIFSIGNALED(*gone.wait_status))
        return text + fmt::format(": by signal {}", WTERMSIG(*gone.wait_status));
    if (gone.wait_status)
        return text + fmt::format(": status {}", WEXITSTATUS(*gone.wait_status));
    return text;
}

} // namespace

Recording::Recording(bool wanted) : wanted_(wanted) {}

Recording::Ms Recording::now()
{
    return Ms(clock_ms(CLOCK_MONOTONIC));
}

void Recording::begin(const SessionRecord &record, const OpenSession &session, const SessionPaths &paths)
{
    if (!wanted_ || file_)
        return;
    auto file = RecordingFile::make(paths, record);
    if (!file) {
        failure_ = file.error();
        wanted_ = false;
        return;
    }
    file_.emplace(std::move(*file));
    began_ = now();
    const std::int64_t realtime_ms = clock_ms(CLOCK_REALTIME);
    calendar_ms_ = realtime_ms - began_.count();
    divided_ = session.debuggee.valid();
    memory_ = Cgroup(divided_ ? session.debuggee.get() : session.scope.get(), session.place.version);
    pressure_ = Cgroup(session.v2_scope(), 2);
    go_ = !record.go_version.empty() || record.tool == "dlv";
    if (!divided_) // nobody tells of the programs that are started: the command itself, or its debugger
        clock_.follow({record.debugger.pid});
    write(recording_line(RecordingHeader{.writer = "dbgscope " DBGSCOPE_VERSION,
                                         .realtime_ms = realtime_ms,
                                         .monotonic_ms = began_.count(),
                                         .session = record}));
    last_.emplace();
    last_->cap = record.cap;
    last_->fuse = record.fuse;
    for (const std::string &line : early_)
        event({.kind = RecordedKind::said, .text = line});
    early_ = {};
    compare(record, began_);
    look(began_, true);
}

/// Where it is full, or cannot be written to, only the session itself goes on.
void Recording::write(const std::string &line, bool last)
{
    if (!file_)
        return;
    const Ms when = now();
    if (!last && (full_ || file_->bytes() + line.size() > kRecordingMaxBytes)) {
        if (!std::exchange(full_, true)) {
            (void)file_->append(recording_line(RecordedEvent{.at_ms = at(when), .kind = RecordedKind::full}));
            clock_.follow({});
        }
        return;
    }
    if (auto written = file_->append(line); !written) {
        failure_ = written.error();
        wanted_ = false;
        file_.reset();
        again_at_.reset();
        clock_.follow({});
        gc_.follow(0);
        return;
    }
    pace_.wrote(when, line.size());
}

void Recording::event(RecordedEvent event)
{
    event.text.resize(std::min(event.text.size(), kMostText));
    write(recording_line(event));
}

void Recording::said(std::string_view line)
{
    look(now(), false); // what it was when that was said
    if (file_)
        event({.at_ms = at(now()), .kind = RecordedKind::said, .text = std::string(line)});
    else if (wanted_ && early_.size() < kMostEarly)
        early_.emplace_back(line);
}

void Recording::follow(const std::vector<Debuggee> &living)
{
    if (!file_ || !divided_)
        return;
    std::vector<pid_t> pids;
    for (const Debuggee &debuggee : living) {
        if (debuggee.program.empty()) // gdb's trials at its start
            continue;
        pids.push_back(debuggee.id.pid);
        if (std::ranges::find(known_, debuggee.id) != known_.end())
            continue;
        known_.push_back(debuggee.id);
        event({.at_ms = at(now()), .kind = RecordedKind::debuggee, .text = debuggee.program, .pid = debuggee.id.pid});
    }
    if (!full_)
        clock_.follow(pids);
    follow_collector(pids);
    look(now(), true);
}

/// The newest program, as long as it lives.
void Recording::follow_collector(const std::vector<pid_t> &pids)
{
    if (!go_ || std::ranges::find(pids, gc_.pid()) != pids.end())
        return;
    gc_.follow(pids.empty() || full_ ? 0 : pids.back());
    gc_from_ = now();
    grew_ = false;
}

/// Not before it has grown: the collector of a program that does nothing is no news.
void Recording::find_collector(Ms now)
{
    if (grew_ && gc_.unknown() && now - gc_from_ >= kSettled)
        gc_.find();
}

void Recording::gone(const GoneDebuggee &gone)
{
    if (!file_ || gone.was.program.empty())
        return;
    std::erase(known_, gone.was.id);
    event({.at_ms = at(now()), .kind = RecordedKind::ended, .text = end_text(gone), .pid = gone.was.id.pid});
}

void Recording::compare(const SessionRecord &record, Ms now)
{
    if (record.state != last_->state) {
        last_->state = record.state;
        event({.at_ms = at(now), .kind = RecordedKind::state, .state = record.state});
        look(now, true);
    }
    if (record.cap != last_->cap || record.fuse != last_->fuse) {
        last_->cap = record.cap;
        last_->fuse = record.fuse;
        event({.at_ms = at(now), .kind = RecordedKind::cap, .cap = record.cap, .fuse = record.fuse});
    }
    for (; verdicts_ < record.verdicts.size(); ++verdicts_)
        event({.at_ms = at(now), .kind = RecordedKind::verdict, .text = record.verdicts[verdicts_]});
}

void Recording::turn(const SessionRecord &record)
{
    if (!file_)
        return;
    const Ms when = now();
    compare(record, when);
    look(when, false);
}

/// A sleep of the machine shows too: CLOCK_MONOTONIC stands still meanwhile.
void Recording::check_calendar(Ms now)
{
    const std::int64_t realtime_ms = clock_ms(CLOCK_REALTIME);
    if (std::abs(realtime_ms - now.count() - calendar_ms_) < kJumpMs)
        return;
    calendar_ms_ = realtime_ms - now.count();
    event({.at_ms = at(now), .kind = RecordedKind::clock, .realtime_ms = realtime_ms});
}

RecordedPoint Recording::read_point(Ms now, std::uint64_t current_bytes) const
{
    const int version = memory_.version();
    RecordedPoint point{.at_ms = at(now), .current_bytes = current_bytes};
    if (const auto stat = memory_.read(CgroupFile::stat)) {
        std::string_view text = *stat;
        while (const auto pair = next_stat(text, version)) {
            if (pair->key == "anon")
                point.anon_bytes = pair->value;
            else if (pair->key == "file" || pair->key == "cache")
                point.file_bytes = pair->value;
            else if (pair->key == "shmem")
                point.shmem_bytes = pair->value;
            else if (pair->key == "kernel")
                point.kernel_bytes = pair->value;
        }
    }
    if (const auto events = memory_.read(CgroupFile::events)) {
        point.high = count_of(*events, "high").value_or(0);
        point.max = count_of(*events, "max").value_or(0);
        point.oom_kill = count_of(*events, "oom_kill").value_or(0);
    } else if (const auto failures = memory_.read_number(CgroupFile::failures)) {
        point.max = *failures;
    }
    if (const auto gc = gc_.read()) {
        constexpr std::uint64_t kNsPerUs = 1000;
        point.gc_cycles = gc->cycles;
        point.gc_heap_bytes = gc->heap_bytes;
        point.gc_goal_bytes = gc->goal_bytes;
        point.gc_pause_us = gc->pause_ns / kNsPerUs;
        point.gc_cpu_ppm = gc->cpu_ppm;
    }
    if (pressure_.valid())
        if (const auto text = pressure_.read(CgroupFile::pressure))
            if (Pressure totals; parse_pressure(*text, totals)) {
                point.stall_some_us = totals.some.total_us;
                point.stall_full_us = totals.full.total_us;
            }
    return point;
}

void Recording::arm(Ms now)
{
    clock_.arm(pace_.arm(now, clock_.used()));
    const auto again = pace_.again_in();
    again_at_ = again ? std::optional(now + *again) : std::nullopt;
}

void Recording::look(Ms now, bool always)
{
    if (!file_ || full_ || (!always && !pace_.may_look(now)))
        return;
    const auto current = memory_.read_number(CgroupFile::usage);
    if (!current) // the cgroup is gone
        return;
    check_calendar(now);
    const auto moved = pace_.looked(now, *current);
    arm(now);
    grew_ = grew_ || moved == RecordingPace::Seen::worth_a_point;
    if (moved != RecordingPace::Seen::worth_a_point && !always)
        return;
    write(recording_line(read_point(now, *current)));
    pace_.point_written(*current);
}

void Recording::end(const SessionRecord &record)
{
    if (!file_)
        return;
    const Ms when = now();
    compare(record, when);
    SessionRecord last = record;
    last.state = SessionState::ended;
    event({.at_ms = at(when), .kind = RecordedKind::state, .state = last.state});
    write(recording_end_line(last), true);
    clock_.follow({});
    gc_.follow(0);
    again_at_.reset();
    file_.reset();
}

Source Recording::source()
{
    return {.name = "recording",
            .fds =
                [this](auto &polled) {
                    wait_for(polled, clock_.fd(), POLLIN);
                    wait_for(polled, gc_.fd(), POLLIN);
                },
            .ready =
                [this](const pollfd &entry, WatchTime) {
                    if (entry.fd == gc_.fd())
                        return gc_.take();
                    clock_.drain();
                    const Ms when = now();
                    find_collector(when);
                    if (pace_.may_look(when))
                        look(when, false);
                    else
                        arm(when);
                },
            .next_look = [this] { return again_at_ ? std::optional(WatchTime(*again_at_)) : std::nullopt; },
            .timer =
                [this](WatchTime) {
                    again_at_.reset();
                    find_collector(now());
                    look(now(), false);
                }};
}

} // namespace dbgscope
