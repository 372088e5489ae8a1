// SPDX-License-Identifier: Apache-2.0
#include "session/history.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "session/record_json.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// Another session's end holds the lock for some microseconds; who holds it longer has been stopped.
constexpr std::chrono::seconds kLockPatience{2};
constexpr std::size_t kMaxPruned = 64 * kMiB;
constexpr mode_t kDirectoryMode = 0700;

/// The history file, locked, and still the one of that name: whoever held the lock before may have replaced it.
Result<UniqueFd> open_locked(const std::string &path)
{
    for (int attempt = 0;; ++attempt) {
        auto file = open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
        if (!file)
            return file;
        struct stat ours{}, named{};
        if (::fstat(file->get(), &ours) != 0 || !S_ISREG(ours.st_mode))
            return fail({.operation = "append to", .subject = path, .cause = "it is no regular file"});
        if (!lock_file(file->get(), kLockPatience))
            return fail({.kind = ErrorKind::timeout,
                         .operation = "append to",
                         .subject = path,
                         .cause = "another process keeps it locked"});
        if (::stat(path.c_str(), &named) == 0 && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev)
            return file;
        if (attempt == 3)
            return fail({.operation = "append to", .subject = path, .cause = "it is replaced again and again"});
    }
}

/// Offset after the first newline at or after `from`; nothing when there is none.
std::optional<off_t> after_newline(int file, off_t from)
{
    std::array<char, 4096> block; // NOLINT: filled by pread
    for (off_t at = from;;) {
        const ssize_t got = ::pread(file, block.data(), block.size(), at);
        if (got <= 0)
            return std::nullopt;
        const std::string_view text(block.data(), static_cast<std::size_t>(got));
        if (const auto found = text.find('\n'); found != std::string_view::npos)
            return at + static_cast<off_t>(found) + 1;
        at += got;
    }
}

/// Copies what starts at `from` to the end of `target` in small pieces: the caller is a small process.
bool copy_rest(int source, off_t from, int target)
{
    std::array<char, 4096> block; // NOLINT: filled by pread
    for (;;) {
        const ssize_t got = ::pread(source, block.data(), block.size(), from);
        if (got <= 0)
            return got == 0;
        if (::write(target, block.data(), static_cast<std::size_t>(got)) != got)
            return false;
        from += got;
    }
}

/// Best effort: without room for half a copy the file stays as long as it is.
void drop_older_half(const std::string &path, int file, off_t size)
{
    const auto from = after_newline(file, size / 2);
    const std::string unfinished = path + ".new";
    auto target = open_at(AT_FDCWD, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    if (!from || !target)
        return;
    if (!copy_rest(file, *from, target->get()) || ::rename(unfinished.c_str(), path.c_str()) != 0)
        (void)::unlink(unfinished.c_str());
}

/// The lines that stay, and how many do not.
std::string kept_lines(std::string_view text, std::int64_t before_unix_s, std::size_t &removed)
{
    std::string kept;
    while (!text.empty()) {
        const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
        text.remove_prefix(line.size());
        if (const auto record = record_from_json(line); record && record->started_unix_s >= before_unix_s)
            kept += line;
        else
            ++removed;
    }
    return kept;
}

} // namespace

Result<void> make_parents(const std::string &file)
{
    for (auto slash = file.find('/', 1); slash != std::string::npos; slash = file.find('/', slash + 1)) {
        const std::string path = file.substr(0, slash);
        // EROFS and EACCES may stand for a directory that exists: opening the file will tell.
        if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return fail(errno_error(errno, "make", path));
    }
    return {};
}

Result<std::size_t> prune_history(const std::string &path, std::int64_t before_unix_s)
{
    if (path.empty() || ::access(path.c_str(), F_OK) != 0)
        return 0;
    auto file = open_locked(path);
    if (!file)
        return pass(file);
    const auto text = read_file(path, kMaxPruned);
    if (!text)
        return fail(text.error());
    std::size_t removed = 0;
    const std::string kept = kept_lines(*text, before_unix_s, removed);
    if (removed == 0)
        return 0;
    const std::string unfinished = path + ".new";
    auto target = open_at(AT_FDCWD, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    if (!target)
        return pass(target);
    auto written = write_all(target->get(), kept, unfinished);
    if (written && ::rename(unfinished.c_str(), path.c_str()) != 0)
        written = fail(errno_error(errno, "replace", path));
    if (!written) {
        (void)::unlink(unfinished.c_str());
        return pass(written);
    }
    return removed;
}

Result<void> append_history(const std::string &path, const SessionRecord &record, std::size_t limit)
{
    if (auto made = make_parents(path); !made)
        return made;
    auto file = open_locked(path);
    if (!file)
        return pass(file);
    struct stat status{};
    if (::fstat(file->get(), &status) != 0)
        return fail(errno_error(errno, "append to", path));
    std::string line = record_line(record) + '\n';
    char last = '\n';
    if (status.st_size > 0 && ::pread(file->get(), &last, 1, status.st_size - 1) == 1 && last != '\n')
        line.insert(line.begin(), '\n'); // the machine went down in the middle of a line
    const ssize_t written = ::write(file->get(), line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) {
        const int code = written < 0 ? errno : ENOSPC;
        (void)!::ftruncate(file->get(), status.st_size);
        return fail(errno_error(code, "append to", path));
    }
    const off_t size = status.st_size + written;
    if (std::cmp_greater(size, limit))
        drop_older_half(path, file->get(), size);
    return {};
}

} // namespace dbgscope
