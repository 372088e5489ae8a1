// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/snapshot_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/core.h>

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

constexpr int kMostNames = 1000;
constexpr std::string_view kUnfinished = ".part";

struct Stored {
    fs::path path;
    std::uint64_t bytes = 0;
    timespec made{};
};

bool older(const Stored &one, const Stored &other)
{
    return one.made.tv_sec != other.made.tv_sec ? one.made.tv_sec < other.made.tv_sec
                                                : one.made.tv_nsec < other.made.tv_nsec;
}

/// Of this user, no symbolic link, and holding nothing but files.
std::optional<Stored> stored_at(const fs::path &path)
{
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid())
        return std::nullopt;
    Stored stored{.path = path, .bytes = 0, .made = info.st_mtim};
    std::error_code error;
    for (const fs::directory_entry &entry : fs::directory_iterator(path, error)) {
        struct stat file{};
        if (::lstat(entry.path().c_str(), &file) != 0 || !S_ISREG(file.st_mode))
            return std::nullopt;
        stored.bytes += static_cast<std::uint64_t>(file.st_size);
    }
    return error ? std::nullopt : std::optional(stored);
}

void remove_stored(const Stored &stored)
{
    std::error_code error;
    for (const fs::directory_entry &entry : fs::directory_iterator(stored.path, error))
        (void)::unlink(entry.path().c_str());
    (void)::rmdir(stored.path.c_str());
}

} // namespace

Result<std::string> store_snapshot(const Snapshot &snapshot, const std::string &base, const std::string &name)
{
    std::error_code error;
    const bool made = fs::create_directories(base, error);
    if (error)
        return fail(errno_error(error.value(), "make", base));
    if (made)
        (void)::chmod(base.c_str(), S_IRWXU);
    const std::string unfinished = fmt::format("{}/.{}.{}{}", base, name, ::getpid(), kUnfinished);
    if (auto written = write_snapshot(snapshot, unfinished); !written) {
        if (const auto begun = stored_at(unfinished))
            remove_stored(*begun);
        return pass(written);
    }
    for (int number = 1; number <= kMostNames; ++number) {
        std::string path = fmt::format("{}/{}{}", base, name, number == 1 ? "" : fmt::format("-{}", number));
        // An empty directory in its place would be replaced without a word: it is nobody's snapshot.
        if (::access(path.c_str(), F_OK) != 0 && std::rename(unfinished.c_str(), path.c_str()) == 0)
            return path;
    }
    const int code = errno;
    if (const auto begun = stored_at(unfinished))
        remove_stored(*begun);
    return fail(errno_error(code, "make", fmt::format("{}/{}", base, name)));
}

void prune_snapshots(const std::string &base, std::size_t most, std::uint64_t most_bytes)
{
    std::vector<Stored> all;
    std::error_code error;
    for (const fs::directory_entry &entry : fs::directory_iterator(base, error))
        if (auto stored = stored_at(entry.path()))
            all.push_back(std::move(*stored));
    std::ranges::sort(all, older);
    std::uint64_t bytes = 0;
    for (const Stored &stored : all)
        bytes += stored.bytes;
    for (std::size_t i = 0; i + 1 < all.size() && (all.size() - i > most || bytes > most_bytes); ++i) {
        remove_stored(all[i]);
        bytes -= all[i].bytes;
    }
}

} // namespace dbgscope
