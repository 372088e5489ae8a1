// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/members.hpp"
#include "watch/heap_switch.hpp"
#include "watch/watcher.hpp"

// Who holds the memory: asked for when the fuse trips, told when it is known, remembered for a verdict.
namespace dbgscope {

void Watcher::on_fuse(std::string_view id, std::string_view line)
{
    note_state(std::chrono::steady_clock::now()); // whoever reads it may act at once
    if (id != kFuseLook)
        tell(line);
    if (id == kFuseHeld)
        desktop_.held(line);
    else if (id == kFuseReleased)
        desktop_.released();
    if (id == kFuseHeld || id == kFuseWarned || id == kFuseSnapshot || id == kFuseLook) {
        may_look_again_ = true;
        look_inside();
        react(SessionEvent::growth, line);
    }
    if (id == kFuseHeld)
        react(SessionEvent::held, line);
}

/// Whether there is anything to see; what reads it comes later and may still find nothing. Of what is held it is seen
/// who waits.
bool Watcher::looks() const
{
    return order_.snapshot || order_.heap_profile_rate != 0 || order_.growth_period != 0 ||
           order_.fuse == FuseAction::hold;
}

/// From its start on: of several debuggees the first. What it executes and what it starts are sampled with it.
void Watcher::sample_growth(pid_t pid)
{
    if (order_.growth_period != 0 && debuggees_->living().size() <= 1)
        growth_.start(pid, order_.growth_period);
}

void Watcher::look_inside()
{
    if (!looks())
        return looked();
    std::vector<pid_t> pids;
    if (debuggees_ && (order_.snapshot || order_.fuse == FuseAction::hold || growth_.socket() >= 0 ||
                       debuggees_->heap_profile() == kHeapSwitchedOn))
        pids = is_own_debuggee() && cgroups_->alone() ? pids_started_with(cgroups_->mark)
               : cgroups_->alone()
                   ? debuggee_pids()
                   : pids_below(cgroups_->place.debuggee()); // of them it may be a child that holds the most
    LookOrder order{.pid = largest_process(pids), .session = order_.session};
    order.growth = growth_.socket();
    order.bounded = order_.snapshot_directory.empty();
    order.directory = order.bounded ? recorder_.snapshot_directory() : order_.snapshot_directory;
    order.snapshot = order_.snapshot && !order.directory.empty();
    if (order.pid == 0 || !look_.start(order))
        seen_nothing();
}

/// On a busy machine a look may be over before it has brought anything. Where there really is nothing to see a second
/// one costs little; what stands still for it does so until then.
void Watcher::seen_nothing()
{
    constexpr std::chrono::milliseconds kLookAgain{200};
    if (std::exchange(may_look_again_, false))
        look_again_ = std::chrono::steady_clock::now() + kLookAgain;
    else
        looked();
}

Source Watcher::look_source()
{
    return {.name = "look",
            .fds =
                [this](auto &polled) {
                    wait_for(polled, look_.fd(), POLLIN);
                    if (look_.fd() < 0) // one look at a time
                        wait_for(polled, look_line_.fd(), POLLIN);
                },
            .ready =
                [this](const pollfd &entry, Time) {
                    if (entry.fd == look_.fd())
                        take(look_.read());
                    else if (look_line_.passed()) {
                        look_inside();
                        react(SessionEvent::growth, {});
                    }
                },
            .next_look = [this] { return look_again_; },
            .timer =
                [this](Time now) {
                    if (due(look_again_, now))
                        look_inside();
                }};
}

void Watcher::take(const LookNews &news)
{
    for (const std::string &line : news.say)
        tell(printable(line));
    if (order_.fuse != FuseAction::look) // there is no hold and no warning that they would belong to
        for (const std::string &line : news.who)
            tell(printable(line));
    SessionRecord &record = recorder_.record();
    if (!news.held_by.empty())
        record.held_by = news.held_by;
    if (!news.grown_by.empty())
        record.grown_by = news.grown_by;
    if (!news.snapshot.empty())
        note_snapshot(news.snapshot);
    // What comes after that may be a while in coming, and needs no standing still.
    const bool seen = !news.snapshot.empty() || (!order_.snapshot && !(news.held_by + news.grown_by).empty());
    if (news.over && look_.silent())
        seen_nothing();
    else if (news.over || seen)
        looked();
    if (news.over || seen || !(news.held_by + news.grown_by).empty())
        recorder_.write();
}

/// Where nobody has said that there is to be one, it is in the record, and told together with a death.
void Watcher::note_snapshot(const std::string &directory)
{
    constexpr std::size_t kMaxSnapshots = 64;
    auto &snapshots = recorder_.record().snapshots;
    if (snapshots.size() >= kMaxSnapshots)
        snapshots.erase(snapshots.begin());
    snapshots.push_back(directory);
    last_snapshot_ = directory;
    if (!order_.snapshot_directory.empty() || order_.fuse == FuseAction::snapshot)
        tell("snapshot: " + printable(directory));
    else
        recording_.said("snapshot: " + printable(directory));
}

/// What the last look at that debuggee has shown: it cannot be asked any more.
std::string Watcher::last_look_words() const
{
    const SessionRecord &record = recorder_.record();
    std::string words;
    if (!record.held_by.empty())
        words = fmt::format(" Who held it at the last look: {}.", printable(record.held_by));
    if (!record.grown_by.empty())
        words += fmt::format(" Who grew it until the last look: {}.", printable(record.grown_by));
    if (!last_snapshot_.empty())
        words += fmt::format(" Snapshot: {}", printable(last_snapshot_));
    return words;
}

/// A new program: what was seen of the one before says nothing about it.
void Watcher::forget_look()
{
    look_.end();
    look_again_.reset();
    recorder_.record().held_by.clear();
    recorder_.record().grown_by.clear();
    last_snapshot_.clear();
}

} // namespace dbgscope
