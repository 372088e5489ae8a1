// SPDX-License-Identifier: Apache-2.0
#include "watch/stops.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "kernel/process_stat.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// One walk over the processes of a cgroup.
class Walk {
  public:
    Walk(int proc, LookDepth depth) : proc_(proc), depth_(depth) {}

    /// Main threads, then, as far as still needed, the others.
    ProcessesLook over(const std::vector<pid_t> &pids)
    {
        for (const pid_t pid : pids)
            if (pid > 0 && !leader(pid))
                return end();
        for (const pid_t pid : threaded_)
            if (!threads(pid))
                return end();
        return end();
    }

  private:
    [[nodiscard]] ProcessesLook end()
    {
        look_.any = seen_ > 0;
        look_.traced = look_.traced || look_.stop_pending || sigstops_ > 1 || budget_ == 0; // not all were asked
        look_.starting = !look_.stop_pending && sigstops_ == 1 && others_run_;
        look_.stop_pending = look_.stop_pending || sigstops_ > 0;
        look_.all_stopped = seen_ > 0 && !running_ && !look_.stop_pending;
        return look_;
    }

    /// False: nothing more to learn.
    bool leader(pid_t pid)
    {
        const auto text = status(std::to_string(pid));
        if (!text)
            return budget_ > 0;
        const auto task = parse_task_status(*text);
        if (task && task->threads > 0)
            look_.threads += static_cast<std::uint64_t>(task->threads);
        if (task && task->threads > 1) {
            threaded_.push_back(pid);
            look_.traced = look_.traced || task->tracer != 0;
        }
        return judge(task, true);
    }

    /// The threads of one process, the main one among them once more. Where a main thread runs, only their own pending
    /// signals are still unknown, and they are not asked for at every look.
    bool threads(pid_t pid)
    {
        if (running_ && depth_ == LookDepth::leaders)
            return true;
        const std::string path = threads_directory(pid);
        const auto directory = open_at(proc_, path, O_RDONLY | O_DIRECTORY);
        if (!directory)
            return true;
        // getdents64 rather than opendir: no allocation of its own.
        alignas(dirent64) std::array<char, 8192> block; // NOLINT: filled by getdents64
        ssize_t got = 0;
        while ((got = ::getdents64(directory->get(), block.data(), block.size())) > 0)
            for (ssize_t at = 0; at < got;) {
                const auto *entry =
                    reinterpret_cast<const dirent64 *>(block.data() + at); // NOLINT: the kernel's layout
                at += entry->d_reclen;
                if (entry->d_name[0] == '.')
                    continue;
                const auto text = status(path + '/' + static_cast<const char *>(entry->d_name));
                if (budget_ == 0 || (text && !judge(parse_task_status(*text), false)))
                    return false;
                if (running_ && depth_ == LookDepth::leaders) // so it is not stopped: all that was to be known
                    return true;
            }
        return true;
    }

    bool judge(const std::optional<TaskStatus> &task, bool leader)
    {
        if (task && task->dead())
            return true;
        ++seen_;
        look_.traced = look_.traced || !task || task->tracer != 0;
        running_ = running_ || !task || !task->stopped();
        const bool pending = task && !task->stopped() && task->stop_pending();
        if (pending && !leader && task->only_sigstop())
            return ++sigstops_ < 2; // one may be a new thread's
        others_run_ = others_run_ || !task || !task->stopped();
        look_.stop_pending = pending;
        return !look_.stop_pending;
    }

    /// Nothing when the task has gone or the budget is used up; empty text when it may not be read.
    std::optional<std::string> status(const std::string &task)
    {
        if (budget_ == 0)
            return std::nullopt;
        --budget_;
        auto text = read_task_status(proc_, task);
        if (text)
            return std::move(*text);
        const int code = text.error().error_number;
        return code == ENOENT || code == ESRCH ? std::nullopt : std::optional<std::string>(std::in_place);
    }

    int proc_;
    LookDepth depth_;
    int budget_ = kMaxTasksALook;
    int seen_ = 0, sigstops_ = 0;
    bool running_ = false, others_run_ = false;
    std::vector<pid_t> threaded_;
    ProcessesLook look_;
};

} // namespace

ProcessesLook look_at_processes(Cgroup cgroup, int proc, LookDepth depth)
{
    const auto pids = cgroup.pids();
    if (!pids) // removed with all that was in it, or not readable: then it is not judged
        return {.any = pids.error().error_number != ENODEV && pids.error().error_number != ENOENT, .traced = true};
    return Walk(proc, depth).over(*pids);
}

} // namespace dbgscope
