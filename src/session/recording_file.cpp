// SPDX-License-Identifier: Apache-2.0
#include "session/recording_file.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <tuple>

#include "session/registry.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kSuffix = ".jsonl";
constexpr std::string_view kRecordSuffix = ".json"; ///< live_file_name()'s
constexpr std::string_view kDirectory = "/recordings";
constexpr mode_t kFileMode = 0600, kDirectoryMode = 0700;

struct CloseDirectory {
    void operator()(DIR *directory) const { (void)::closedir(directory); }
};

/// In small pieces: the caller is a small process.
Result<void> copy(const std::string &from, const std::string &to)
{
    auto source = open_at(AT_FDCWD, from, O_RDONLY | O_NOFOLLOW);
    if (!source)
        return pass(source);
    auto target = open_at(AT_FDCWD, to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, kFileMode);
    if (!target)
        return pass(target);
    std::array<char, 4096> block; // NOLINT: filled by read
    for (;;) {
        const ssize_t got = ::read(source->get(), block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(errno_error(errno, "read", from));
        if (got == 0)
            return {};
        if (auto written = write_all(target->get(), {block.data(), static_cast<std::size_t>(got)}, to); !written)
            return written;
    }
}

Result<void> move(const std::string &from, const std::string &to)
{
    if (::rename(from.c_str(), to.c_str()) == 0)
        return {};
    if (errno != EXDEV)
        return fail(errno_error(errno, "write", to));
    const std::string unfinished = to + ".new"; // a name that list_recordings passes over
    auto copied = copy(from, unfinished);
    if (copied && ::rename(unfinished.c_str(), to.c_str()) != 0)
        copied = fail(errno_error(errno, "write", to));
    if (!copied)
        (void)::unlink(unfinished.c_str());
    return copied;
}

Result<void> keep(const std::string &from, const std::string &history, RecordingsLimit limit)
{
    const std::string directory = recordings_directory(history);
    Result<void> moved;
    if (!directory.empty()) {
        (void)::mkdir(directory.c_str(), kDirectoryMode); // its parent holds the history already
        moved = move(from, directory + from.substr(from.rfind('/')));
    }
    (void)::unlink(from.c_str());
    if (!directory.empty())
        remove_oldest(list_recordings(directory), limit);
    return moved;
}

} // namespace

std::string recording_name(const SessionRecord &record)
{
    std::string name = live_file_name(record);
    return name.substr(0, name.rfind('.')) + std::string(kSuffix);
}

std::string recordings_directory(const std::string &history)
{
    return history.empty() ? "" : history.substr(0, history.rfind('/')) + std::string(kDirectory);
}

Result<RecordingFile> RecordingFile::make(const SessionPaths &paths, const SessionRecord &record)
{
    auto registry = Registry::open(paths);
    if (!registry)
        return pass(registry);
    std::string path = registry->path() + '/' + recording_name(record);
    auto file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, kFileMode);
    if (!file)
        return pass(file);
    return RecordingFile(std::move(*file), std::move(path));
}

Result<void> RecordingFile::append(std::string_view line)
{
    ssize_t done = 0;
    do
        done = ::write(file_.get(), line.data(), line.size());
    while (done < 0 && errno == EINTR);
    const int code = done < 0 ? errno : ENOSPC;
    const off_t end = done > 0 ? ::lseek(file_.get(), 0, SEEK_CUR) : 0; // others append to it, too
    if (done == static_cast<ssize_t>(line.size())) {
        bytes_ = static_cast<std::size_t>(end);
        return {};
    }
    struct stat status{};
    if (done > 0 && ::fstat(file_.get(), &status) == 0 && status.st_size == end)
        (void)!::ftruncate(file_.get(), end - done);
    return fail(errno_error(code, "write", path_));
}

Result<void> keep_recording(const std::string &live, const std::string &history, const SessionRecord &record,
                            RecordingsLimit limit)
{
    const std::string from = live + '/' + recording_name(record);
    struct stat status{};
    if (::lstat(from.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return {};
    return keep(from, history, limit);
}

void keep_orphaned_recordings(const std::string &live, const std::string &history)
{
    for (const RecordingPlace &place : list_recordings(live)) {
        const std::string record =
            place.path.substr(0, place.path.size() - kSuffix.size()) + std::string(kRecordSuffix);
        if (::access(record.c_str(), F_OK) != 0 && errno == ENOENT)
            (void)keep(place.path, history, {}).has_value();
    }
}

std::size_t prune_recordings(const std::string &directory, std::int64_t before_unix_s)
{
    std::size_t removed = 0;
    for (const RecordingPlace &place : list_recordings(directory))
        if (place.changed_unix_s < before_unix_s && ::unlink(place.path.c_str()) == 0)
            ++removed;
    return removed;
}

void remove_oldest(const std::vector<RecordingPlace> &places, RecordingsLimit limit)
{
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        bytes += places[i].bytes;
        if (i > 0 && (i >= limit.count || bytes > limit.bytes)) // the newest always stays
            (void)::unlink(places[i].path.c_str());
    }
}

std::vector<RecordingPlace> list_recordings(const std::string &directory)
{
    return list_files(directory, kSuffix);
}

std::vector<RecordingPlace> list_files(const std::string &path, std::string_view suffix)
{
    std::vector<RecordingPlace> places;
    auto opened = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, CloseDirectory> directory(opened ? ::fdopendir(opened->get()) : nullptr);
    if (!directory)
        return places;
    (void)opened->release();                                   // the stream's now
    while (const dirent *entry = ::readdir(directory.get())) { // NOLINT: one thread
        const std::string name(entry->d_name);
        struct stat status{};
        if (name.ends_with(suffix) &&
            ::fstatat(::dirfd(directory.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_uid == ::geteuid())
            places.push_back({path + '/' + name, status.st_mtim.tv_sec, static_cast<std::uint64_t>(status.st_size)});
    }
    std::ranges::sort(places, [](const RecordingPlace &a, const RecordingPlace &b) {
        return std::tie(b.changed_unix_s, a.path) < std::tie(a.changed_unix_s, b.path);
    });
    return places;
}

} // namespace dbgscope
