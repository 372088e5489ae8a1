// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/process.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// `dbgscope held-by PID SESSION [snapshot-in DIR | snapshot-among DIR]`: looks into process PID. Not for people. On
/// standard output, one line each, as soon as it is known: "say TEXT" for the person, "who TEXT" the same where a
/// person is told of the moment at all, "held-by TEXT" and "grown-by TEXT" for the verdict, "snapshot DIR" once that is
/// whole. Its standard input is LookOrder::growth.
inline constexpr std::string_view kHolderVerb = "held-by";
/// `dbgscope gc-places PID`, as little for people: "gc-places TEXT", by gc_places().
inline constexpr std::string_view kGcVerb = "gc-places";
inline constexpr std::string_view kSnapshotIn = "snapshot-in", kSnapshotAmong = "snapshot-among";

/// What a look is to bring.
struct LookOrder {
    pid_t pid = 0;
    std::string session;
    bool snapshot = false;
    bool gc_places = false; ///< that, and nothing else
    std::string directory;  ///< the snapshot becomes a directory in it
    bool bounded = false;   ///< old snapshots in it make room
    int growth = -1;        ///< to ask who grew the memory; -1: nobody knows
};

/// What it has brought since the last call.
struct LookNews {
    std::vector<std::string> say, who;
    std::string held_by, grown_by;
    std::string snapshot;
    std::string gc_places;
    bool over = false;
};

/// Who holds the debuggee's memory is found out by a process of its own: reading debug information takes memory and
/// time that the watcher has not. That process ends by itself within seconds, and is the first to go when the session's
/// memory is short.
class InsideLook {
  public:
    InsideLook() = default;
    InsideLook(const InsideLook &) = delete;
    InsideLook &operator=(const InsideLook &) = delete;
    ~InsideLook() { end(); }

    /// Waits for no more than a fork. One at a time: what still runs is ended. False: it could not be started.
    [[nodiscard]] bool start(const LookOrder &order);
    /// For poll(2); -1: none is under way.
    [[nodiscard]] int fd() const { return from_.get(); }
    /// Does not wait.
    [[nodiscard]] LookNews read();
    /// The last one that was started has brought nothing so far.
    [[nodiscard]] bool silent() const { return silent_; }
    void end();

  private:
    std::optional<ProcessHandle> running_; ///< no child of the watcher: nobody has to wait for it
    UniqueFd from_;
    std::string unread_; ///< the beginning of a line
    bool silent_ = true;
};

/// Takes whole lines off the front of `text` into `news`. Lines of any other form are left out.
void take_look_lines(std::string &text, LookNews &news);

/// The one with the most memory in use; 0: none of them can be read.
[[nodiscard]] pid_t largest_process(const std::vector<pid_t> &pids, const std::string &proc = "/proc");

} // namespace dbgscope
