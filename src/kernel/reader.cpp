// SPDX-License-Identifier: Apache-2.0
#include "kernel/reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kFirstBytes = 16 * 1024; ///< memory.stat, the longest single record, is about 3 KiB
constexpr std::size_t kMostBytes = 1024 * 1024;

std::string_view without_newline(std::string_view text)
{
    if (!text.empty() && text.back() == '\n')
        text.remove_suffix(1);
    return text;
}

} // namespace

Reader::Reader(std::string root)
    : root_(std::move(root)), size_(kFirstBytes), buffer_(std::make_unique_for_overwrite<char[]>(kFirstBytes))
{
}

Reader::Text Reader::drain(int fd, Records records)
{
    std::size_t used = 0;
    for (;;) {
        if (used == size_) {
            if (size_ >= kMostBytes)
                return std::unexpected(EFBIG);
            auto larger = std::make_unique_for_overwrite<char[]>(size_ * 4);
            std::memcpy(larger.get(), buffer_.get(), used);
            buffer_ = std::move(larger);
            size_ *= 4;
        }
        const ssize_t got = ::read(fd, buffer_.get() + used, size_ - used);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return std::unexpected(errno);
        }
        used += static_cast<std::size_t>(got);
        if (got == 0 || (records == Records::single && used < size_))
            return std::string_view(buffer_.get(), used);
    }
}

Reader::Text Reader::read(const char *path, Records records)
{
    return root_.empty() ? read_at(AT_FDCWD, path, records) : read_at(AT_FDCWD, real_path(path).c_str(), records);
}

Reader::Text Reader::read_at(int directory, const char *name, Records records)
{
    const UniqueFd fd(::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd.valid())
        return std::unexpected(errno);
    return drain(fd.get(), records);
}

UniqueFd Reader::open_directory(const std::string &path) const
{
    return UniqueFd(::open(real_path(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

int Reader::access(const std::string &path, int mode) const
{
    return access_at(AT_FDCWD, real_path(path).c_str(), mode);
}

bool Reader::exists(const std::string &path) const
{
    return access(path, F_OK) == 0;
}

std::string Reader::link(const std::string &path) const
{
    return read_link(real_path(path));
}

int access_at(int directory, const char *name, int mode)
{
    return ::faccessat(directory, name, mode, AT_EACCESS) == 0 ? 0 : errno;
}

Why why_of(int error_number)
{
    switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ENODEV: // a cgroup removed while we look
    case ENXIO:
    case ESRCH: return Why::absent;
    case EACCES:
    case EPERM:
    case EROFS: return Why::denied;
    case ENOSYS:
    case EOPNOTSUPP: return Why::disabled;
    default: return Why::malformed;
    }
}

Unknown unknown(int error_number, std::string_view path)
{
    return {why_of(error_number), "read " + std::string(path) + ": " + std::strerror(error_number)};
}

Unknown malformed(std::string_view path, std::string_view text)
{
    constexpr std::size_t kShown = 40;
    std::string detail = "read " + std::string(path) + ": unexpected text \"";
    detail += without_newline(text).substr(0, kShown);
    return {Why::malformed, detail + (text.size() > kShown ? "…\"" : "\"")};
}

} // namespace dbgscope
