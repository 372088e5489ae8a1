// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_stat.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxStatBytes = 4096;

constexpr std::uint64_t bit(int signal)
{
    return std::uint64_t{1} << (signal - 1);
}
constexpr std::uint64_t kStopSignals =
    bit(SIGHUP) | bit(SIGINT) | bit(SIGQUIT) | bit(SIGTRAP) | bit(SIGTERM) | bit(SIGSTOP) | bit(SIGTSTP);

template <class T> bool take_number(std::string_view text, int base, T &number)
{
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, number, base);
    return code == std::errc{} && end == last;
}

/// All of the value of one line of status.
template <class T> bool take_value(std::string_view status, std::string_view name, int base, T &number)
{
    const auto value = status_value(status, name);
    return value && take_number(*value, base, number);
}

std::string_view next_field(std::string_view &text)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view field = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(field.size());
    return field;
}

Result<std::string> read_status(pid_t task)
{
    return read_file(process_file(task, ProcessFile::status));
}

} // namespace

bool ProcessStat::exiting() const
{
    constexpr std::uint64_t kExiting = 0x4; // PF_EXITING
    return ended() || (flags & kExiting) != 0;
}

std::optional<ProcessStat> parse_process_stat(std::string_view text)
{
    // 4711 (a) b) S 1 4711 4711 0 -1 4194304 144 0 0 0 0 0 0 0 20 0 1 0 123456 2658304 …
    const auto name_at = text.find('(');
    const auto name_end = text.rfind(')');
    if (name_at == std::string_view::npos || name_end == std::string_view::npos || name_end < name_at)
        return std::nullopt;
    ProcessStat stat;
    stat.name = text.substr(name_at + 1, name_end - name_at - 1);
    text.remove_prefix(name_end + 1);
    for (int field = 3; field <= 52; ++field) {
        const std::string_view word = next_field(text);
        bool understood = true;
        switch (field) {
        case 3:
            understood = word.size() == 1;
            stat.state = understood ? word.front() : '?';
            break;
        case 4: understood = take_number(word, 10, stat.parent); break;
        case 5: understood = take_number(word, 10, stat.group); break;
        case 6: understood = take_number(word, 10, stat.session); break;
        case 9: understood = take_number(word, 10, stat.flags); break;
        case 10: understood = take_number(word, 10, stat.minor_faults); break;
        case 22: understood = !word.starts_with('0') && take_number(word, 10, stat.start_ticks); break;
        case 52: (void)take_number(word, 10, stat.exit_code); break;
        default: understood = field > 22 || !word.empty();
        }
        if (!understood)
            return std::nullopt;
    }
    return stat;
}

Result<ProcessStat> read_process_stat(pid_t pid, const std::string &proc)
{
    const std::string path = proc + '/' + std::to_string(pid) + "/stat";
    const auto text = read_file(path, kMaxStatBytes);
    if (!text)
        return fail(text.error());
    auto stat = parse_process_stat(*text);
    if (!stat)
        return fail(errno_error(EINVAL, "parse", path));
    return std::move(*stat);
}

Result<ProcessStat> read_thread_stat(pid_t pid, pid_t thread, const std::string &proc)
{
    return read_process_stat(thread, proc + '/' + std::to_string(pid) + "/task");
}

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
    const auto state = status_value(text, "State");
    if (!state || state->empty() || !take_value(text, "SigPnd", 16, own) || !take_value(text, "ShdPnd", 16, shared) ||
        !take_value(text, "SigBlk", 16, blocked) || !take_value(text, "TracerPid", 10, task.tracer) ||
        !take_value(text, "Threads", 10, task.threads))
        return std::nullopt;
    task.state = state->front();
    task.memory = status_value(text, "VmSize").has_value();
    task.pending = (own | shared) & ~blocked;
    return task;
}

Result<std::string> read_task_status(int proc, const std::string &task)
{
    return read_at(proc, task + "/status");
}

std::string threads_directory(pid_t pid)
{
    return std::to_string(pid) + "/task";
}

std::uint64_t signals_of_thread(pid_t thread)
{
    const auto status = read_status(thread);
    std::uint64_t pending = 0;
    if (status)
        (void)take_value(*status, "SigPnd", 16, pending);
    return pending;
}

pid_t tracer_of(pid_t thread)
{
    const auto status = read_status(thread);
    pid_t tracer = 0;
    if (status)
        (void)take_value(*status, "TracerPid", 10, tracer);
    return tracer;
}

pid_t thread_group(pid_t thread)
{
    const auto status = read_status(thread);
    pid_t group = 0;
    if (status)
        (void)take_value(*status, "Tgid", 10, group);
    return group;
}

} // namespace dbgscope
