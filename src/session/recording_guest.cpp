// SPDX-License-Identifier: Apache-2.0
#include "session/recording_guest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "session/recording_file.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMostHeader = 256 * kKiB; ///< the first line

/// CLOCK_MONOTONIC where at_ms is 0; nothing: the first line is not there yet.
std::optional<std::int64_t> beginning_of(int file)
{
    std::string text(kMostHeader, '\0');
    const ssize_t got = ::pread(file, text.data(), text.size(), 0);
    const auto end = got > 0 ? text.substr(0, static_cast<std::size_t>(got)).find('\n') : std::string::npos;
    if (end == std::string::npos)
        return std::nullopt;
    const auto recorded = parse_recording(text.substr(0, end + 1));
    if (!recorded || recorded->header.monotonic_ms == 0)
        return std::nullopt;
    return recorded->header.monotonic_ms;
}

Result<void> append(int file, const std::string &line, const std::string &path)
{
    ssize_t done = 0;
    do
        done = ::write(file, line.data(), line.size());
    while (done < 0 && errno == EINTR);
    if (done == static_cast<ssize_t>(line.size()))
        return {};
    const int code = done < 0 ? errno : ENOSPC;
    if (done > 0)
        (void)!::write(file, "\n", 1); // what is torn is a line of its own, and is passed over
    return fail(errno_error(code, "write", path));
}

} // namespace

Result<bool> add_to_recording(const std::string &live, const SessionRecord &record, RecordedEvent event,
                              std::int64_t at_monotonic_ms)
{
    const std::string path = live + '/' + recording_name(record);
    auto file = open_at(AT_FDCWD, path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (!file && file.error().kind == ErrorKind::not_found)
        return false;
    if (!file)
        return pass(file);
    struct stat status{};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != ::geteuid() ||
        status.st_nlink > 1)
        return fail({.kind = ErrorKind::refused,
                     .operation = "write",
                     .subject = path,
                     .cause = "it is not a file of this user's alone"});
    const auto began_ms = beginning_of(file->get());
    if (!began_ms)
        return false;
    event.at_ms = std::max<std::int64_t>(at_monotonic_ms - *began_ms, 0);
    event.sites.resize(std::min(event.sites.size(), kMaxRecordedSites));
    const std::string line = recording_line(event);
    if (static_cast<std::size_t>(status.st_size) + line.size() > kRecordingMaxBytes)
        return false;
    if (auto written = append(file->get(), line, path); !written)
        return pass(written);
    return true;
}

} // namespace dbgscope
