// SPDX-License-Identifier: Apache-2.0
#include "watch/dying.hpp"

#include <sys/wait.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <string_view>

#include "probe/reader.hpp"
#include "session/processes.hpp"
#include "sys/file.hpp"

namespace dbgscope {

ProcessLook look_at_process(int pid)
{
    ProcessLook found;
    const std::string proc = "/proc/" + std::to_string(pid);
    const auto stat = read_file(proc + "/stat", 4096);
    if (!stat)
        return found;
    // 4712 (leak) t 4700 4712 4700 34816 4700 4195332 …: state, ppid, pgrp, session, tty, tpgid, flags
    const auto name_at = stat->find('(');
    const auto name_end = stat->rfind(')');
    if (name_at == std::string::npos || name_end == std::string::npos || name_end < name_at)
        return found;
    found.there = true;
    found.name = stat->substr(name_at + 1, name_end - name_at - 1);
    const auto words = split_words(std::string_view(*stat).substr(name_end + 1));
    std::uint64_t flags = 0;
    constexpr std::uint64_t kExiting = 0x4; // PF_EXITING
    if (words.size() > 6 &&
        (words[0] == "Z" || words[0] == "X" || (parse_number(words[6], flags) && (flags & kExiting) != 0)))
        found.dying = true;
    if (found.dying)
        return found;
    // SigPnd:	0000000000000100: the group's SIGKILL is put into every thread's own set
    const auto status = read_file(proc + "/status", 16384);
    const auto at = status ? status->find("\nSigPnd:\t") : std::string::npos;
    if (at == std::string::npos)
        return found;
    const char *const digits = status->data() + at + 9;
    std::uint64_t pending = 0;
    (void)std::from_chars(digits, status->data() + status->size(), pending, 16);
    found.dying = (pending >> (SIGKILL - 1) & 1) != 0;
    return found;
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
