// SPDX-License-Identifier: Apache-2.0
#include "session/processes.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "dbgscope/utf8.hpp"
#include "launch/sweep.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{20};

} // namespace

std::optional<ProcessId> process_id(int pid, const std::string &proc)
{
    const auto stat = read_file(proc + '/' + std::to_string(pid) + "/stat", 4096);
    if (!stat)
        return std::nullopt;
    const auto ticks = parse_start_ticks(*stat);
    // 4711 (a) b) Z 1 …
    const auto comm_end = stat->rfind(')');
    const std::string_view state = std::string_view(*stat).substr(std::min(comm_end + 1, stat->size()), 2);
    if (!ticks || state == " Z" || state == " X")
        return std::nullopt; // only its parent has not noticed yet
    return ProcessId{pid, *ticks};
}

bool is_alive(const ProcessId &process, const std::string &proc)
{
    return process.pid > 0 && process_id(process.pid, proc) == process;
}

std::string process_name(int pid, const std::string &proc)
{
    auto comm = read_file(proc + '/' + std::to_string(pid) + "/comm", 4096);
    if (!comm)
        return "?";
    if (comm->ends_with('\n'))
        comm->pop_back();
    return printable(*comm);
}

ProcessHandle::ProcessHandle(const ProcessId &process, bool use_pidfd) : process_(process)
{
    if (process.pid <= 0 || !use_pidfd)
        return;
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    if (pidfd_.valid() && !is_alive(process)) // what was opened is a later process of that number
        pidfd_.reset();
}

bool ProcessHandle::alive() const
{
    return is_alive(process_);
}

int ProcessHandle::send(int signal) const
{
    if (!alive())
        return ESRCH;
    const long sent = pidfd_.valid() ? ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0)
                                     : ::kill(process_.pid, signal);
    return sent == 0 ? 0 : errno;
}

bool ProcessHandle::wait_end(std::chrono::milliseconds patience) const
{
    const auto deadline = Clock::now() + patience;
    while (alive()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0)
            return false;
        pollfd end{.fd = pidfd_.get(), .events = POLLIN, .revents = 0}; // poll(2) passes over a negative descriptor
        const auto pause = pidfd_.valid() ? left : std::min(left, kLook);
        if (::poll(&end, 1, static_cast<int>(pause.count())) > 0 && pidfd_.valid())
            return true;
    }
    return true;
}

std::string own_pid_namespace(const std::string &proc)
{
    return read_link(proc + "/self/ns/pid");
}

} // namespace dbgscope
