// SPDX-License-Identifier: Apache-2.0
#include "kernel/descriptors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr unsigned kTerminalMajor = 136; // Documentation/admin-guide/devices.txt: /dev/pts/N
constexpr unsigned kMasterMajor = 5, kMasterMinor = 2;

std::optional<std::uint64_t> field(std::string_view text, std::string_view name, int base)
{
    // "pos:\t0\nflags:\t02100002\nmnt_id:\t25\nino:\t2\ntty-index:\t7\n"
    const auto at = text.find(name);
    const auto digits = at == std::string_view::npos ? at : text.find_first_not_of(" \t", at + name.size());
    std::uint64_t number = 0;
    if (digits == std::string_view::npos ||
        std::from_chars(text.data() + digits, text.data() + text.size(), number, base).ec != std::errc{})
        return std::nullopt;
    return number;
}

bool is_other_end(const Stream &stream, const struct stat &info, const std::string &details)
{
    if (stream.terminal) {
        const bool master =
            S_ISCHR(info.st_mode) && major(info.st_rdev) == kMasterMajor && minor(info.st_rdev) == kMasterMinor;
        const auto text = master ? read_file(details) : Result<std::string>(fail({}));
        return text && field(*text, "tty-index:", 10) == stream.number;
    }
    if (!S_ISFIFO(info.st_mode) || info.st_dev != stream.device || info.st_ino != stream.number)
        return false;
    const auto text = read_file(details);
    const auto flags = text ? field(*text, "flags:", 8) : std::nullopt;
    return flags && (*flags & O_ACCMODE) != O_WRONLY;
}

} // namespace

std::optional<Stream> stream_of(int fd)
{
    struct stat info{};
    if (::fstat(fd, &info) != 0)
        return std::nullopt;
    if (S_ISFIFO(info.st_mode))
        return Stream{.terminal = false, .device = info.st_dev, .number = info.st_ino};
    if (S_ISCHR(info.st_mode) && major(info.st_rdev) == kTerminalMajor)
        return Stream{.terminal = true, .device = info.st_dev, .number = minor(info.st_rdev)};
    return std::nullopt;
}

UniqueFd look_at_descriptor(pid_t pid, int number)
{
    auto file = open_at(AT_FDCWD, "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(number), O_PATH);
    return file ? std::move(*file) : UniqueFd();
}

bool is_handed_down(pid_t pid, int number)
{
    const auto text = read_file("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(number));
    const auto flags = text ? field(*text, "flags:", 8) : std::nullopt;
    return flags && (*flags & O_CLOEXEC) == 0;
}

UniqueFd open_again(int fd, int flags)
{
    auto file = open_at(AT_FDCWD, kSelfDescriptors + std::to_string(fd), flags);
    return file ? std::move(*file) : UniqueFd();
}

bool has_other_end(pid_t pid, const Stream &stream)
{
    namespace fs = std::filesystem;
    const std::string process = "/proc/" + std::to_string(pid);
    std::error_code code;
    for (fs::directory_iterator entry(process + "/fd", code), end; !code && entry != end; entry.increment(code)) {
        struct stat info{};
        if (::stat(entry->path().c_str(), &info) == 0 &&
            is_other_end(stream, info, process + "/fdinfo/" + entry->path().filename().string()))
            return true;
    }
    return false;
}

} // namespace dbgscope
