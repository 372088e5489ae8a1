// SPDX-License-Identifier: Apache-2.0
#include "watch/dying.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <utility>

#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using Block = std::array<char, 4096>; ///< more than either file has up to the lines that are wanted

/// "": it has been reaped.
std::string_view read_again(const UniqueFd &file, Block &block)
{
    const ssize_t got = ::pread(file.get(), block.data(), block.size(), 0);
    return {block.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

ProcessLook look_of(const ProcessStat &stat, std::uint64_t signals)
{
    // The group's SIGKILL is put into every thread's own set.
    constexpr std::uint64_t kKill = std::uint64_t{1} << (SIGKILL - 1);
    const bool pending = (signals & kKill) != 0;
    return {.there = true,
            .dying = stat.exiting() || pending,
            .killed = pending || (stat.exiting() && by_sigkill(stat.exit_code)),
            .name = stat.name};
}

} // namespace

ProcessLook look_at_process(int pid)
{
    const auto stat = read_process_stat(pid);
    return stat ? look_of(*stat, signals_of_thread(pid)) : ProcessLook{};
}

ProcessFiles open_process_files(int pid)
{
    ProcessFiles files;
    for (const auto &[file, fd] : {std::pair{ProcessFile::stat, &files.stat}, {ProcessFile::status, &files.status}})
        if (auto opened = open_at(AT_FDCWD, process_file(pid, file), O_RDONLY | O_NOCTTY))
            *fd = std::move(*opened);
    (void)look_at_process(files);
    return files;
}

ProcessLook look_at_process(const ProcessFiles &files)
{
    Block block; // NOLINT: filled by pread
    const auto stat = parse_process_stat(read_again(files.stat, block));
    return stat ? look_of(*stat, signals_in(read_again(files.status, block))) : ProcessLook{};
}

bool in_initial_pid_namespace()
{
    constexpr std::string_view kInitial = "pid:[4026531836]"; // PROC_PID_INIT_INO
    return own_pid_namespace() == kInitial;
}

bool by_sigkill(std::optional<int> wait_status)
{
    return wait_status && WIFSIGNALED(*wait_status) && WTERMSIG(*wait_status) == SIGKILL;
}

} // namespace dbgscope
