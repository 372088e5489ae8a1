// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <sys/file.h>

#include <array>
#include <cerrno>
#include <thread>

namespace dbgscope {

Result<UniqueFd> open_at(int directory, const std::string &path, int flags, unsigned mode)
{
    const int fd = ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
    if (fd < 0)
        return fail(errno_error(errno, "open", path));
    return UniqueFd(fd);
}

Result<UniqueFd> open_directory(const std::string &path, int directory)
{
    return open_at(directory, path, O_PATH | O_DIRECTORY);
}

bool lock_file(int fd, std::chrono::milliseconds patience)
{
    constexpr std::chrono::milliseconds kPause{2};
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || std::chrono::steady_clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(kPause);
    }
    return true;
}

Result<std::string> read_at(int directory, const std::string &path, std::size_t limit)
{
    auto fd = open_at(directory, path, O_RDONLY | O_NOCTTY);
    if (!fd)
        return pass(fd);
    std::string text;
    std::array<char, 4096> block; // NOLINT: filled by read
    for (;;) {
        const ssize_t got = ::read(fd->get(), block.data(), block.size());
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return fail(errno_error(errno, "read", path));
        }
        if (got == 0)
            return text;
        if (text.size() + static_cast<std::size_t>(got) > limit)
            return fail(errno_error(EFBIG, "read", path));
        text.append(block.data(), static_cast<std::size_t>(got));
    }
}

std::string read_link(const std::string &path)
{
    std::string target(4096, '\0'); // PATH_MAX
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return target;
}

Result<void> write_at(int directory, const std::string &path, std::string_view value)
{
    auto fd = open_at(directory, path, O_WRONLY | O_NOCTTY);
    if (!fd)
        return pass(fd);
    ssize_t done = 0;
    do
        done = ::write(fd->get(), value.data(), value.size());
    while (done < 0 && errno == EINTR);
    if (done < 0)
        return fail(errno_error(errno, "write", path));
    if (static_cast<std::size_t>(done) != value.size())
        return fail(errno_error(EIO, "write", path));
    return {};
}

Result<void> write_all(int fd, std::string_view text, const std::string &subject)
{
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(errno_error(errno, "write", subject));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

} // namespace dbgscope
