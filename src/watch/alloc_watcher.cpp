// SPDX-License-Identifier: Apache-2.0
#include "watch/alloc_watcher.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "dbgscope/bytes.hpp"
#include "dbgscope/utf8.hpp"
#include "watch/holders.hpp"
#include "watch/tool_process.hpp"

namespace dbgscope {

void AllocWatcher::start(int version, const std::string &directory, const AllocThresholds &asked)
{
    std::array<int, 2> ends{-1, -1};
    if (!asked.any() || directory.empty() || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return;
    UniqueFd ours(ends[0]);
    const UniqueFd its(ends[1]);
    const auto process =
        start_tool({.words = {std::string(kAllocVerb), std::to_string(version), directory,
                              std::to_string(asked.large_mapping_bytes), std::to_string(asked.reclaim_stall_us),
                              std::to_string(asked.kernel_memory_bytes), std::to_string(int{asked.oom_victims})},
                    .input = its.get(),
                    .output = its.get()});
    if (!process)
        return;
    running_.emplace(*process);
    socket_ = std::move(ours);
}

void AllocWatcher::process_started() const
{
    if (socket_.valid())
        (void)::send(socket_.get(), "\n", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

Source AllocWatcher::source(std::function<void(std::string_view)> say)
{
    return {.name = "allocations",
            .fds = [this](auto &polled) { wait_for(polled, socket_.get(), POLLIN); },
            .ready =
                [this, say = std::move(say)](const pollfd &, WatchTime) {
                    constexpr std::size_t kMostUnread = 16 * kKiB;
                    std::array<char, 4096> bytes; // NOLINT: filled by recv
                    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
                    if (got < 0 && (errno == EAGAIN || errno == EINTR))
                        return;
                    if (got <= 0 || unread_.size() > kMostUnread)
                        return end();
                    unread_.append(bytes.data(), static_cast<std::size_t>(got));
                    LookNews news;
                    take_look_lines(unread_, news);
                    for (const std::string &line : news.say)
                        say(printable(line));
                }};
}

void AllocWatcher::end()
{
    if (running_)
        (void)running_->send(SIGKILL); // what it has in the kernel goes with it
    running_.reset();
    socket_.reset();
    unread_.clear();
}

} // namespace dbgscope
