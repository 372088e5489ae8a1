// SPDX-License-Identifier: Apache-2.0
#include "watch/stops.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <initializer_list>
#include <string>
#include <vector>

#include "launch/vacate.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t bit(int signal)
{
    return std::uint64_t{1} << (signal - 1);
}
constexpr std::uint64_t kStopSignals =
    bit(SIGHUP) | bit(SIGINT) | bit(SIGQUIT) | bit(SIGTRAP) | bit(SIGTERM) | bit(SIGSTOP) | bit(SIGTSTP);

/// The value of "NAME:\tVALUE" at the start of a line, to the end of that line; nothing when there is no such line.
std::optional<std::string_view> field(std::string_view text, std::string_view name)
{
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos; at += name.size()) {
        if (at != 0 && text[at - 1] != '\n')
            continue;
        std::string_view value = text.substr(at + name.size());
        if (!value.starts_with(":\t"))
            continue;
        value.remove_prefix(2);
        return value.substr(0, value.find('\n'));
    }
    return std::nullopt;
}

template <class T> bool read_number(std::string_view text, int base, T &number)
{
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, number, base);
    return code == std::errc{} && end == last;
}

template <class T> bool read_field(std::string_view text, std::string_view name, int base, T &number)
{
    const auto value = field(text, name);
    return value && read_number(*value, base, number);
}

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
        const std::string path = std::to_string(pid) + "/task";
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
        auto text = read_at(proc_, task + "/status");
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

bool TaskStatus::stop_pending() const
{
    return (pending & kStopSignals) != 0;
}

bool TaskStatus::only_sigstop() const
{
    return (pending & kStopSignals) == bit(SIGSTOP);
}

std::optional<TaskStatus> parse_task_status(std::string_view text)
{
    // "Name:\tleak\nState:\tt (tracing stop)\nTracerPid:\t4711\nVmSize:\t    5000
    // kB\nThreads:\t16\nSigPnd:\t0000000000000000\n
    //  ShdPnd:\t0000000000000010\nSigBlk:\t0000000000000000\n"; newlines in Name are escaped by the kernel.
    TaskStatus task;
    std::uint64_t own = 0, shared = 0, blocked = 0;
    const auto state = field(text, "State");
    if (!state || state->empty() || !read_field(text, "SigPnd", 16, own) || !read_field(text, "ShdPnd", 16, shared) ||
        !read_field(text, "SigBlk", 16, blocked) || !read_field(text, "TracerPid", 10, task.tracer) ||
        !read_field(text, "Threads", 10, task.threads))
        return std::nullopt;
    task.state = state->front();
    task.memory = field(text, "VmSize").has_value();
    task.pending = (own | shared) & ~blocked;
    return task;
}

ProcessesLook look_at_processes(int cgroup, int proc, LookDepth depth)
{
    const auto procs = read_at(cgroup, "cgroup.procs");
    if (!procs) // removed with all that was in it, or not readable: then it is not judged
        return {.any = procs.error().error_number != ENODEV && procs.error().error_number != ENOENT, .traced = true};
    return Walk(proc, depth).over(parse_procs(*procs));
}

} // namespace dbgscope
