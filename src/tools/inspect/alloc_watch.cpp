// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/alloc_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/kernel_memory.hpp"
#include "sys/file.hpp"
#include "tools/inspect/alloc_kernel.hpp"
#include "tools/inspect/alloc_lines.hpp"
#include "watch/cpu_clock.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;

/// Processor time of the debuggee between two looks at what the kernel holds for it: a look takes 50 µs.
constexpr std::chrono::milliseconds kLookEvery{50};
/// After a look that has found a change, by the wall clock: the timers of that time miss what works for less than a
/// tick.
constexpr std::chrono::milliseconds kLookAgain{500};

class AllocServer {
  public:
    AllocServer(const AllocPlace &place, const AllocThresholds &asked, UniqueFd directory)
        : path_(place.directory), directory_(std::move(directory)), cgroup_(directory_.get(), place.version),
          asked_(asked), lines_(asked)
    {
    }

    /// What cannot be seen.
    [[nodiscard]] std::vector<std::string> open()
    {
        std::vector<std::string> left_out;
        AllocThresholds of_kernel = asked_;
        of_kernel.kernel_memory_bytes = 0;
        struct stat info{};
        if (of_kernel.any() && ::fstat(directory_.get(), &info) == 0) {
            auto kernel = AllocKernel::open(info.st_ino, cgroup_.version(), asked_, left_out);
            if (kernel)
                kernel_.emplace(std::move(*kernel));
            else
                left_out.push_back((asked_.kernel_memory_bytes == 0
                                        ? "allocations are not watched: "
                                        : "of allocations only kernel memory is watched: ") +
                                   to_line(kernel.error()));
        }
        look();
        return left_out;
    }

    void run(int nudges, const std::function<void(std::string_view)> &say)
    {
        std::array<pollfd, 3> polled{{{.fd = nudges, .events = POLLIN, .revents = 0}}};
        while (::access(path_.c_str(), F_OK) == 0) {
            polled[1] = {.fd = kernel_ ? kernel_->fd() : -1, .events = POLLIN, .revents = 0};
            polled[2] = {.fd = clock_.fd(), .events = POLLIN, .revents = 0};
            if (::poll(polled.data(), polled.size(), patience()) < 0 && errno != EINTR)
                return;
            if (polled[0].revents != 0 && !take_nudge(nudges))
                return;
            if (polled[2].revents != 0)
                clock_.drain();
            if (polled[0].revents != 0 || polled[2].revents != 0 || (again_at_ && Clock::now() >= *again_at_))
                look();
            take();
            if (const auto line = lines_.next(Clock::now()))
                say(*line);
        }
    }

  private:
    [[nodiscard]] int patience() const
    {
        int least = -1;
        for (const auto &due : {lines_.due(), again_at_}) {
            if (!due)
                continue;
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now()).count();
            const int patience = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
            least = least < 0 ? patience : std::min(least, patience);
        }
        return least;
    }

    /// False: nobody is there any more.
    static bool take_nudge(int nudges)
    {
        std::array<char, 64> bytes; // NOLINT: filled by read
        const ssize_t got = ::read(nudges, bytes.data(), bytes.size());
        return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
    }

    void take()
    {
        if (!kernel_)
            return;
        for (const alloc_event &event : kernel_->take())
            lines_.note(event);
        lines_.note(kernel_->totals());
    }

    void look()
    {
        if (asked_.kernel_memory_bytes == 0)
            return;
        clock_.follow(pids_below(path_));
        clock_.arm(kLookEvery);
        again_at_.reset();
        const auto memory = read_kernel_memory(cgroup_);
        if (!memory)
            return;
        lines_.note(*memory);
        if (std::exchange(last_bytes_, memory->bytes) != memory->bytes)
            again_at_ = Clock::now() + kLookAgain;
    }

    std::string path_;
    UniqueFd directory_;
    Cgroup cgroup_;
    AllocThresholds asked_;
    AllocLines lines_;
    std::optional<AllocKernel> kernel_;
    CpuClock clock_;
    std::uint64_t last_bytes_ = 0; ///< of the kernel's memory
    std::optional<Clock::time_point> again_at_;
};

} // namespace

void serve_allocs(const AllocPlace &place, const AllocThresholds &asked, int nudges,
                  const std::function<void(std::string_view)> &say)
{
    auto directory = open_at(AT_FDCWD, place.directory, O_RDONLY | O_DIRECTORY);
    if (!directory)
        return;
    AllocServer server(place, asked, std::move(*directory));
    for (const std::string &line : server.open())
        say(line);
    server.run(nudges, say);
}

} // namespace dbgscope
