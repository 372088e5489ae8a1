// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sys/fd.hpp"
#include "watch/holders.hpp"

namespace dbgscope {

/// What Go's collector has come to. 0: not known.
struct GcState {
    std::uint64_t cycles = 0;
    std::uint64_t heap_bytes = 0; ///< live as of the last cycle, and allocated since
    std::uint64_t goal_bytes = 0; ///< the next cycle begins before the heap reaches it
    std::uint64_t pause_ns = 0;   ///< the program stood still for it, since its start
    std::uint64_t cpu_ppm = 0;    ///< of the processor time it could have had since its start, millionths
};

/// Where to read it, by gc_places() (tools/inspect).
struct GcPlaces {
    enum Name : std::size_t { heap, goal, last_goal, limit, cycles, pauses, share, count };
    struct Place {
        std::uint64_t at = 0;
        std::size_t bytes = 0; ///< 0: this version of Go has none
    };
    std::array<Place, count> places{};
    /// What is not understood is left out.
    [[nodiscard]] static GcPlaces parse(std::string_view text);
    [[nodiscard]] bool any() const;
};

/// One process_vm_readv(2), of another process, which does not notice. Nothing: not known where, not permitted, or the
/// program is gone.
[[nodiscard]] std::optional<GcState> read_gc(pid_t pid, const GcPlaces &where);

/// Reads the state of one debuggee's collector while it runs. Where it lies a process of its own finds out, once for a
/// program: debug information takes memory and time that the watcher has not.
class GcWatch {
  public:
    /// Another program, or none (0). What was known of the one before is forgotten.
    void follow(pid_t pid);
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Nobody has looked for the places of this program yet.
    [[nodiscard]] bool unknown() const { return pid_ != 0 && !asked_; }
    /// Starts to look, in the background.
    void find();
    /// For poll(2); -1: nothing is under way.
    [[nodiscard]] int fd() const { return look_.fd(); }
    /// fd() is readable. Does not wait.
    void take();
    [[nodiscard]] std::optional<GcState> read() const { return read_gc(pid_, places_); }

  private:
    pid_t pid_ = 0;
    bool asked_ = false;
    GcPlaces places_;
    InsideLook look_;
};

} // namespace dbgscope
