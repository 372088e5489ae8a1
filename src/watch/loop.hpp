// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

// What wakes the watcher, behind one small interface; the loop knows nothing of cgroups or debuggees.
namespace dbgscope {

using WatchTime = std::chrono::steady_clock::time_point;

/// One thing that may wake the watcher: descriptors, a time, or both. Members that a source has no use for stay empty.
struct Source {
    std::string_view name;
    /// What it waits for now; asked before each poll(2). Negative descriptors are left out.
    std::function<void(std::vector<pollfd> &)> fds;
    /// One of these is ready. An earlier source of the same round may have closed it meanwhile.
    std::function<void(const pollfd &, WatchTime)> ready;
    /// When it wants to look again by itself; nothing: not before something happens.
    std::function<std::optional<WatchTime>()> next_look;
    /// That time has come; moves next_look on.
    std::function<void(WatchTime)> timer;
};

/// Sleeps until a source is ready or due, without a timer while none asks for one. In each round the sources are served
/// in the order they were added, what is ready before what is due: an end that is seen together with a memory event is
/// told first.
class Loop {
  public:
    void add(Source source) { sources_.push_back(std::move(source)); }
    /// Called last before a sleep that no source has asked to end. True: a round without sleep comes first, so that
    /// what one takes of our code is in memory.
    void before_idling(std::function<bool()> idle) { idle_ = std::move(idle); }
    /// What the source of that name does when it is ready and when it is due, as if it were both.
    void rehearse(std::string_view name, WatchTime now);
    /// One round. False: poll(2) failed for good.
    [[nodiscard]] bool turn();
    /// For poll(2), in ms: -1 while nothing is to be looked at again; at most a minute.
    [[nodiscard]] int patience(WatchTime now) const;

  private:
    std::vector<Source> sources_;
    std::function<bool()> idle_;
    bool again_ = false;             ///< the round that idle_ asked for
    std::vector<pollfd> polled_;     ///< of the present round, in the sources' order
    std::vector<std::size_t> owner_; ///< of each entry of `polled_`
};

/// Adds `fd`, where it is one.
void wait_for(std::vector<pollfd> &polled, int fd, short events);

/// True, and forgotten, when `at` has come.
[[nodiscard]] bool due(std::optional<WatchTime> &at, WatchTime now);

} // namespace dbgscope
