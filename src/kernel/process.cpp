// SPDX-License-Identifier: Apache-2.0
#include "kernel/process.hpp"

#include <elf.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>

#include "dbgscope/utf8.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/process_stat.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{20};
constexpr std::size_t kMaxCommBytes = 4096;
constexpr std::size_t kMaxAuxvBytes = 4096;

std::string path_of(pid_t pid, const char *name, const std::string &proc = "/proc")
{
    return proc + '/' + std::to_string(pid) + '/' + name;
}

} // namespace

std::optional<ProcessId> process_id(int pid, const std::string &proc)
{
    const auto stat = read_process_stat(pid, proc);
    if (!stat || stat->ended())
        return std::nullopt; // only its parent has not noticed yet
    return ProcessId{pid, stat->start_ticks};
}

std::uint64_t own_start_ticks()
{
    const auto text = read_file(kSelfStat);
    const auto stat = text ? parse_process_stat(*text) : std::nullopt;
    return stat ? stat->start_ticks : 0;
}

bool is_alive(const ProcessId &process, const std::string &proc)
{
    return process.pid > 0 && process_id(process.pid, proc) == process;
}

std::optional<std::string> comm_of(pid_t pid, const std::string &proc)
{
    auto comm = read_file(path_of(pid, "comm", proc), kMaxCommBytes);
    if (!comm)
        return std::nullopt;
    while (comm->ends_with('\n'))
        comm->pop_back();
    return std::move(*comm);
}

std::string process_name(int pid, const std::string &proc)
{
    const auto comm = comm_of(pid, proc);
    return comm ? printable(*comm) : "?";
}

std::string executable_of(pid_t pid)
{
    return read_link(process_file(pid, ProcessFile::executable));
}

std::string working_directory_of(pid_t pid)
{
    return read_link(path_of(pid, "cwd"));
}

Result<std::uint64_t> program_entry_of(pid_t pid, const std::string &proc)
{
    const auto auxv = read_file(process_file(pid, ProcessFile::auxiliary, proc), kMaxAuxvBytes);
    if (!auxv)
        return fail(auxv.error());
    Elf64_auxv_t entry{};
    for (std::size_t at = 0; at + sizeof entry <= auxv->size(); at += sizeof entry) {
        std::memcpy(&entry, auxv->data() + at, sizeof entry);
        if (entry.a_type == AT_ENTRY)
            return entry.a_un.a_val;
    }
    return 0;
}

std::optional<std::vector<std::string>> descriptor_targets(pid_t pid, const std::string &proc)
{
    namespace fs = std::filesystem;
    std::vector<std::string> targets;
    std::error_code code;
    for (fs::directory_iterator fd(path_of(pid, "fd", proc), code), end; !code && fd != end; fd.increment(code)) {
        std::error_code gone;
        if (const fs::path target = fs::read_symlink(fd->path(), gone); !gone)
            targets.push_back(target.string());
    }
    return code ? std::nullopt : std::optional(std::move(targets));
}

Result<std::string> cgroups_of(pid_t pid)
{
    return read_file(path_of(pid, "cgroup"));
}

Result<void> write_own_oom_score(int value)
{
    return write_at(AT_FDCWD, kSelfOomScore, std::to_string(value));
}

void raise_oom_score(pid_t thread, int value)
{
    if (const auto now = oom_score_of(thread); now && *now < value)
        set_oom_score_of(thread, value);
}

std::optional<int> oom_score_of(pid_t pid)
{
    const auto text = read_file(path_of(pid, "oom_score_adj"));
    int score = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), score).ec != std::errc{})
        return std::nullopt;
    return score;
}

void set_oom_score_of(pid_t pid, int value)
{
    (void)write_at(AT_FDCWD, path_of(pid, "oom_score_adj"), std::to_string(value)).has_value();
}

UniqueFd open_pidfd(pid_t pid)
{
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

ProcessHandle::ProcessHandle(const ProcessId &process, bool use_pidfd) : process_(process)
{
    if (process.pid <= 0 || !use_pidfd)
        return;
    pidfd_ = open_pidfd(process.pid);
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

std::string own_time_namespace(const std::string &proc)
{
    return read_link(proc + "/self/ns/time");
}

} // namespace dbgscope
