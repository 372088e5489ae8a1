// SPDX-License-Identifier: Apache-2.0
#include "watch/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace dbgscope {

void wait_for(std::vector<pollfd> &polled, int fd, short events)
{
    if (fd >= 0)
        polled.push_back({.fd = fd, .events = events, .revents = 0});
}

bool due(std::optional<WatchTime> &at, WatchTime now)
{
    if (!at || *at > now)
        return false;
    at.reset();
    return true;
}

int Loop::patience(WatchTime now) const
{
    std::optional<WatchTime> next;
    for (const Source &source : sources_) {
        const auto wanted = source.next_look ? source.next_look() : std::nullopt;
        if (wanted && (!next || *wanted < *next))
            next = wanted;
    }
    if (!next)
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void Loop::rehearse(std::string_view name, WatchTime now)
{
    for (const Source &source : sources_) {
        if (source.name != name)
            continue;
        source.ready({}, now);
        source.timer(now);
    }
}

bool Loop::turn()
{
    polled_.clear();
    owner_.clear();
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (sources_[i].fds)
            sources_[i].fds(polled_);
        owner_.resize(polled_.size(), i);
    }
    int wait = patience(std::chrono::steady_clock::now());
    again_ = wait < 0 && !again_ && idle_ && idle_();
    if (again_)
        wait = 0;
    const int ready = ::poll(polled_.data(), polled_.size(), wait);
    if (ready < 0 && errno != EINTR)
        return false;
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; ready > 0 && i < polled_.size(); ++i)
        if (polled_[i].revents != 0)
            sources_[owner_[i]].ready(polled_[i], now);
    for (const Source &source : sources_)
        if (const auto wanted = source.next_look ? source.next_look() : std::nullopt; wanted && *wanted <= now)
            source.timer(now);
    return true;
}

} // namespace dbgscope
