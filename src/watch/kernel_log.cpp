// SPDX-License-Identifier: Apache-2.0
#include "watch/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxRecords = 65536;
constexpr auto kMaxTime = std::chrono::milliseconds(200);
constexpr std::size_t kRecordBytes = 8192; // CONSOLE_EXT_LOG_MAX: read(2) gives EINVAL to a smaller buffer

} // namespace

KernelLog KernelLog::open(const char *path)
{
    KernelLog log;
    if (auto fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY); fd && ::lseek(fd->get(), 0, SEEK_END) >= 0)
        log.fd_ = std::move(*fd);
    return log;
}

/// The table of a limit's own kill lists that cgroup's processes alone: nothing to tell.
void KernelLog::take(std::string_view record, std::vector<OomKill> &kills)
{
    const bool row = OomTaskTable::may_be_row(record);
    const auto text = row || may_be_oom_line(record) ? kmsg_text(record) : std::nullopt;
    if (!text)
        return;
    if (row)
        return tasks_.take(*text);
    take_oom_line(*text, kills);
    const auto &largest = tasks_.largest();
    if (!largest || kills.empty())
        return;
    if (OomKill &kill = kills.back(); kill.machine_wide && largest->pid != kill.pid) {
        kill.largest_name = largest->name;
        kill.largest_bytes = largest->pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
    tasks_.clear();
}

void KernelLog::read(std::vector<OomKill> &kills)
{
    if (!fd_.valid())
        return;
    std::array<char, kRecordBytes> record; // NOLINT: filled by read
    const auto deadline = std::chrono::steady_clock::now() + kMaxTime;
    for (std::size_t i = 0; i < kMaxRecords; ++i) {
        const ssize_t got = ::read(fd_.get(), record.data(), record.size());
        if (got < 0 && (errno == EPIPE || errno == EINTR)) // EPIPE: overwritten meanwhile, on to the oldest there is
            continue;
        if (got <= 0)
            return;
        const std::string_view whole(record.data(), static_cast<std::size_t>(got));
        take(whole, kills);
        if (i % 256 == 255 && std::chrono::steady_clock::now() >= deadline)
            return;
    }
}

} // namespace dbgscope
