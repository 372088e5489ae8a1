// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/log_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kBufferBytes = 4 * kMaxLineBytes;
constexpr std::size_t kLookedAt = 4096; // of the beginning, to tell text from what is none

struct Magic {
    std::string_view bytes, what, hint;
    std::string_view then{}; ///< two bytes further on, and a NUL behind it
    [[nodiscard]] bool matches(std::string_view start) const
    {
        const std::string_view rest = start.substr(std::min(start.size(), bytes.size() + 2));
        return start.starts_with(bytes) &&
               (then.empty() || (rest.starts_with(then) && rest.substr(then.size(), 1) == std::string_view("\0", 1)));
    }
};
constexpr Magic kMagic[] = {
    {"\x1f\x8b", "compressed with gzip", "zcat FILE | dbgscope explain"},
    {"\xfd\x37zXZ", "compressed with xz", "xzcat FILE | dbgscope explain"},
    {"\x28\xb5\x2f\xfd", "compressed with zstd", "zstdcat FILE | dbgscope explain"},
    {"BZh", "compressed with bzip2", "bzcat FILE | dbgscope explain"},
    {"PK\x03\x04", "a zip archive", "unzip -p FILE | dbgscope explain"},
    {"\x7f\x45LF", "an ELF file, not a log", "name the log; a core file is read by dlv core or gdb"},
    {"\xff\xfe", "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | dbgscope explain"},
    {"\xfe\xff", "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | dbgscope explain"},
    {"go 1.", "a Go execution trace", "go tool trace -d=parsed FILE | dbgscope explain", " trace"},
    {"LPKSHHRH", "a journal file", "journalctl --file=FILE | dbgscope explain"},
};

/// A log torn by a power cut has runs of NUL, and tools write escapes: only a third of such bytes makes it no text.
bool is_binary(std::string_view start)
{
    const auto odd = std::ranges::count_if(start, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' && byte != 0x1b;
    });
    return static_cast<std::size_t>(odd) * 3 > start.size();
}

Error not_text(const std::string &name, std::string_view what, std::string_view hint)
{
    return {.kind = ErrorKind::unsupported,
            .operation = "read",
            .subject = name,
            .cause = fmt::format("it is {}", what),
            .hint = std::string(hint)};
}

sigset_t only_sigint()
{
    sigset_t set;
    (void)::sigemptyset(&set);
    (void)::sigaddset(&set, SIGINT);
    return set;
}

} // namespace

LogReader::LogReader(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)), buffer_(kBufferBytes)
{
}

Result<LogReader> LogReader::open(const std::string &path)
{
    if (path == "-") {
        UniqueFd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
        if (!input.valid())
            return fail(errno_error(errno, "read", "standard input"));
        return from(std::move(input), "standard input", true);
    }
    auto file = open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY);
    if (!file)
        return pass(file);
    return from(std::move(*file), path);
}

Result<LogReader> LogReader::from(UniqueFd fd, std::string name, bool interruptible)
{
    LogReader reader(std::move(fd), std::move(name));
    if (interruptible)
        reader.end_at_interrupt();
    while (reader.end_ < 16 && !reader.ended_) // enough for every magic number; a slow pipe need not fill more
        if (auto filled = reader.fill(); !filled)
            return pass(filled);
    const std::string_view start = reader.held().substr(0, kLookedAt);
    for (const Magic &magic : kMagic)
        if (magic.matches(start))
            return fail(not_text(reader.name_, magic.what, magic.hint));
    if (is_binary(start))
        return fail(not_text(reader.name_, "binary data", "explain reads logs that are text"));
    if (start.starts_with("\xef\xbb\xbf"))
        reader.begin_ = 3;
    return reader;
}

/// Ctrl-C ends the command that writes the log as well. Where it is ignored (nohup, a shell's background) it stays so.
void LogReader::end_at_interrupt()
{
    struct sigaction now{};
    const sigset_t set = only_sigint();
    if (::sigaction(SIGINT, nullptr, &now) != 0 || now.sa_handler == SIG_IGN)
        return;
    interrupt_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
    if (interrupt_.valid())
        (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// Waits for the log or the signal; after the first one the next kills, as ever.
bool LogReader::interrupted()
{
    if (!interrupt_.valid())
        return false;
    std::array<pollfd, 2> waits{{{fd_.get(), POLLIN, 0}, {interrupt_.get(), POLLIN, 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0)
        if (errno != EINTR)
            return false;
    if ((waits[1].revents & POLLIN) == 0)
        return false;
    signalfd_siginfo taken{};
    const sigset_t set = only_sigint();
    const bool read = ::read(interrupt_.get(), &taken, sizeof taken) == sizeof taken;
    (void)::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    interrupt_.reset();
    return read;
}

/// One read(2) behind what is held; the caller has left room.
Result<void> LogReader::fill()
{
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    ended_ = interrupted();
    while (!ended_) {
        const ssize_t got = ::read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(errno_error(errno, "read", name_));
        ended_ = got == 0;
        end_ += static_cast<std::size_t>(got);
        bytes_ += static_cast<std::uint64_t>(got);
        break;
    }
    return {};
}

/// Drops what is left of a line that was cut, its end included.
Result<void> LogReader::skip_rest()
{
    while (skipping_) {
        const auto at = held().find('\n');
        begin_ = at == std::string_view::npos ? end_ : begin_ + at + 1;
        skipping_ = at == std::string_view::npos && !ended_;
        if (skipping_)
            if (auto filled = fill(); !filled)
                return filled;
    }
    return {};
}

LogLine LogReader::take(std::size_t length, std::size_t line_end)
{
    LogLine line{
        .text = held().substr(0, std::min(length, kMaxLineBytes)), .number = ++number_, .cut = length > kMaxLineBytes};
    if (!line.cut && line.text.ends_with('\r'))
        line.text.remove_suffix(1);
    begin_ += length + line_end;
    return line;
}

Result<std::optional<LogLine>> LogReader::next()
{
    if (auto skipped = skip_rest(); !skipped)
        return pass(skipped);
    std::size_t searched = 0;
    while (true) {
        const auto at = held().find('\n', searched);
        if (at != std::string_view::npos)
            return take(at, 1);
        searched = end_ - begin_;
        if (searched > kMaxLineBytes) {
            skipping_ = true;
            return take(searched, 0);
        }
        if (ended_)
            return searched == 0 ? std::optional<LogLine>() : take(searched, 0);
        if (auto filled = fill(); !filled)
            return pass(filled);
    }
}

} // namespace dbgscope
