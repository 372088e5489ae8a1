// SPDX-License-Identifier: Apache-2.0
#include "watch/holders.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <utility>

#include "dbgscope/bytes.hpp"
#include "kernel/process_memory.hpp"
#include "watch/tool_process.hpp"

namespace dbgscope {
namespace {

constexpr std::chrono::milliseconds kEndPatience{200};

std::vector<std::string> words_of(const LookOrder &order)
{
    if (order.gc_places)
        return {std::string(kGcVerb), std::to_string(order.pid)};
    std::vector<std::string> words{std::string(kHolderVerb), std::to_string(order.pid), order.session};
    if (order.snapshot) {
        words.emplace_back(order.bounded ? kSnapshotAmong : kSnapshotIn);
        words.push_back(order.directory);
    }
    return words;
}

/// Close on exec; the reading end does not block.
bool make_pipe(UniqueFd &from, UniqueFd &to)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    from = UniqueFd(ends[0]);
    to = UniqueFd(ends[1]);
    return ::fcntl(from.get(), F_SETFL, O_NONBLOCK) == 0;
}

} // namespace

bool InsideLook::start(const LookOrder &order)
{
    end();
    silent_ = true;
    UniqueFd from, to;
    if (!make_pipe(from, to))
        return false;
    const auto process = start_tool({.words = words_of(order), .input = order.growth, .output = to.get()});
    if (!process)
        return false;
    running_.emplace(*process);
    from_ = std::move(from);
    return true;
}

LookNews InsideLook::read()
{
    constexpr std::size_t kMostUnread = 16 * kKiB; // ten lines of a healthy one
    LookNews news;
    std::array<char, 4096> bytes; // NOLINT: filled by read
    ssize_t got = 0;
    while ((got = ::read(from_.get(), bytes.data(), bytes.size())) > 0 && unread_.size() < kMostUnread)
        unread_.append(bytes.data(), static_cast<std::size_t>(got));
    silent_ = silent_ && unread_.empty();
    const bool waits = got < 0 && (errno == EAGAIN || errno == EINTR);
    take_look_lines(unread_, news);
    news.over = !waits;
    if (news.over)
        end();
    return news;
}

void InsideLook::end()
{
    if (running_ && running_->send(SIGKILL) == 0)
        (void)running_->wait_end(kEndPatience);
    running_.reset();
    from_.reset();
    unread_.clear();
}

void take_look_lines(std::string &text, LookNews &news)
{
    std::size_t from = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
        const std::string_view line(text.data() + from, end - from);
        const auto blank = line.find(' ');
        const std::string_view kind = line.substr(0, blank);
        const std::string_view rest = blank == std::string_view::npos ? "" : line.substr(blank + 1);
        if (kind == "say")
            news.say.emplace_back(rest);
        else if (kind == "who")
            news.who.emplace_back(rest);
        else if (kind == "held-by")
            news.held_by = rest;
        else if (kind == "grown-by")
            news.grown_by = rest;
        else if (kind == "snapshot")
            news.snapshot = rest;
        else if (kind == kGcVerb)
            news.gc_places = rest;
        from = end + 1;
    }
    text.erase(0, from);
}

pid_t largest_process(const std::vector<pid_t> &pids, const std::string &proc)
{
    pid_t largest = 0;
    std::uint64_t most = 0;
    for (const pid_t pid : pids)
        if (const std::uint64_t pages = resident_pages_of(pid, proc); pages > most) {
            most = pages;
            largest = pid;
        }
    return largest;
}

} // namespace dbgscope
