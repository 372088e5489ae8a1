// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth_answer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "sys/file.hpp"
#include "tools/inspect/heap_view.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxAnswer = 16 * kMiB;

/// A process, and room for one descriptor.
struct Message {
    pid_t pid = 0;
    iovec part{.iov_base = &pid, .iov_len = sizeof pid};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{.msg_name = nullptr,
                  .msg_namelen = 0,
                  .msg_iov = &part,
                  .msg_iovlen = 1,
                  .msg_control = control.data(),
                  .msg_controllen = control.size(),
                  .msg_flags = 0};
};

bool send_question(int socket, pid_t pid, int to)
{
    Message message;
    message.pid = pid;
    cmsghdr *control = CMSG_FIRSTHDR(&message.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof to);
    std::memcpy(CMSG_DATA(control), &to, sizeof to);
    return ::sendmsg(socket, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof message.pid;
}

} // namespace

GrowthAnswer growth_answer(const GrowthView &by_site, const GrowthView &by_stack)
{
    GrowthAnswer answer;
    answer.growers = growers_text(by_site);
    const double sampled = by_site.sampled_bytes + by_site.go_bytes;
    const auto before = by_site.before_bytes.value_or(0), now = by_site.now_bytes.value_or(0);
    answer.seen = now > before ? fmt::format("{} of the {} that it grew", format_bytes(whole(sampled)),
                                             format_bytes(now - before))
                               : format_bytes(whole(sampled));
    answer.text = growth_text(by_site, true);
    const auto now_ns = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    if (auto profile = growth_pprof(by_stack, now_ns))
        answer.profile = std::move(*profile);
    answer.sites = largest_sites(by_site);
    return answer;
}

std::string pack(const GrowthAnswer &answer)
{
    std::string bytes;
    const std::string sites = pack_sites(answer.sites);
    for (const std::string *part : {&answer.growers, &answer.seen, &answer.text, &answer.profile, &sites})
        bytes += fmt::format("{}\n", part->size()) + *part;
    return bytes;
}

std::optional<GrowthAnswer> unpack(std::string_view bytes)
{
    GrowthAnswer answer;
    std::string sites;
    for (std::string *part : {&answer.growers, &answer.seen, &answer.text, &answer.profile, &sites}) {
        std::size_t size = 0;
        const auto number = std::from_chars(bytes.data(), bytes.data() + bytes.size(), size);
        bytes.remove_prefix(static_cast<std::size_t>(number.ptr - bytes.data()));
        if (number.ec != std::errc{} || !bytes.starts_with('\n') || size > bytes.size() - 1)
            return std::nullopt;
        *part = bytes.substr(1, size);
        bytes.remove_prefix(1 + size);
    }
    auto unpacked = unpack_sites(sites);
    if (!bytes.empty() || !unpacked)
        return std::nullopt;
    answer.sites = std::move(*unpacked);
    return answer;
}

std::optional<GrowthAnswer> ask_growth(int socket, pid_t pid, std::chrono::milliseconds patience)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::nullopt;
    const UniqueFd from(ends[0]);
    UniqueFd to(ends[1]);
    if (!send_question(socket, pid, to.get()))
        return std::nullopt;
    to.reset();
    std::string bytes;
    std::array<char, 4096> some; // NOLINT: filled by read
    for (const auto until = Clock::now() + patience;;) {
        pollfd polled{.fd = from.get(), .events = POLLIN, .revents = 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) <= 0 || bytes.size() > kMaxAnswer)
            return std::nullopt;
        const ssize_t got = ::read(from.get(), some.data(), some.size());
        if (got <= 0)
            return got == 0 ? unpack(bytes) : std::nullopt;
        bytes.append(some.data(), static_cast<std::size_t>(got));
    }
}

GrowthQuestion take_growth_question(int socket)
{
    Message message;
    GrowthQuestion question;
    const ssize_t got = ::recvmsg(socket, &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    question.over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    const cmsghdr *control = got > 0 ? CMSG_FIRSTHDR(&message.header) : nullptr;
    if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
        return question;
    int to = -1;
    std::memcpy(&to, CMSG_DATA(control), sizeof to);
    question.to.reset(to);
    question.pid = got == sizeof message.pid ? message.pid : 0;
    return question;
}

void tell_growth(int to, const GrowthAnswer &answer)
{
    (void)write_all(to, pack(answer), "an answer").has_value();
}

} // namespace dbgscope
