// SPDX-License-Identifier: Apache-2.0
#include "session/registry.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/parse.hpp"
#include "kernel/process.hpp"
#include "kernel/reader.hpp"
#include "session/record_json.hpp"
#include "sys/file.hpp"
#include "sys/own_directory.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kCap = ".cap";        ///< what a session without a cgroup is to have
constexpr std::string_view kUnfinished = ".new"; ///< also ends the name of a record a killed watcher left half written
constexpr std::size_t kMaxIdBytes = 200;         ///< NAME_MAX is 255

struct CloseDirectory {
    void operator()(DIR *directory) const { (void)::closedir(directory); }
};

Result<void> write_whole(int directory, const std::string &name, std::string_view text)
{
    auto file = open_at(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    if (!file)
        return pass(file);
    return write_all(file->get(), text, name);
}

std::optional<SessionRecord> read_record(int directory, const std::string &name)
{
    struct stat status{};
    // Judged before it is opened: reading a fifo would wait for a writer.
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
        status.st_uid != ::geteuid())
        return std::nullopt;
    const auto text = read_at(directory, name);
    return text ? record_from_json(*text) : std::nullopt;
}

std::string boot_id(const std::string &proc)
{
    std::string id = read_file(proc + "/sys/kernel/random/boot_id").value_or("");
    while (id.ends_with('\n'))
        id.pop_back();
    return id;
}

/// One that an image brought along, and that its container cannot write to, has no live record.
Result<UniqueFd> writable(Result<UniqueFd> directory, const std::string &path)
{
    const int error = directory ? access_at(directory->get(), ".", W_OK) : 0;
    return error == 0 ? std::move(directory) : fail(errno_error(error, "write to", path));
}

} // namespace

std::string live_file_name(const SessionRecord &record)
{
    std::string id = record.id.substr(0, kMaxIdBytes);
    std::ranges::replace(id, '/', '_'); // no unit name has one
    return fmt::format("{}.{}-{}{}", id, record.debugger.pid, record.debugger.start_ticks, kSuffix);
}

Result<Registry> Registry::create(const SessionPaths &paths)
{
    auto directory = writable(make_own_directory(paths.live), paths.live);
    if (directory)
        return opened(std::move(directory), paths.live);
    for (const std::string &place : paths.instead) {
        std::error_code code; // what it means shows when the last one is made
        if (!place.starts_with(kSharedMemory))
            std::filesystem::create_directories(std::filesystem::path(place).parent_path(), code);
        if (auto other = writable(make_own_directory(place), place))
            return opened(std::move(other), place);
    }
    return pass(directory);
}

Result<Registry> Registry::open(const SessionPaths &paths)
{
    auto directory = open_own_directory(paths.live);
    if (!directory || access_at(directory->get(), ".", W_OK) != 0)
        for (const std::string &place : paths.instead)
            if (auto other = writable(open_own_directory(place), place))
                return opened(std::move(other), place);
    return opened(std::move(directory), paths.live); // nobody has written anything: what is there can be read
}

Result<Registry> Registry::opened(Result<UniqueFd> directory, const std::string &path)
{
    if (!directory)
        return pass(directory);
    return Registry(std::move(*directory), path);
}

Result<void> Registry::write_live(const SessionRecord &record) const
{
    const std::string name = live_file_name(record);
    const std::string unfinished = name + std::string(kUnfinished);
    auto written = write_whole(directory_.get(), unfinished, record_line(record) + '\n');
    if (written && ::renameat(directory_.get(), unfinished.c_str(), directory_.get(), name.c_str()) != 0)
        written = fail(errno_error(errno, "write", name));
    if (!written) {
        (void)::unlinkat(directory_.get(), unfinished.c_str(), 0);
        written.error().subject = path_ + '/' + name;
    }
    return written;
}

Result<void> Registry::write_cap(const SessionRecord &record, Limit cap) const
{
    const std::string name = live_file_name(record) + std::string(kCap), unfinished = name + std::string(kUnfinished);
    auto written = write_whole(directory_.get(), unfinished, control_text(cap, 2));
    if (written && ::renameat(directory_.get(), unfinished.c_str(), directory_.get(), name.c_str()) != 0)
        written = fail(errno_error(errno, "write", path_ + '/' + name));
    return written;
}

std::optional<Limit> Registry::take_cap(const SessionRecord &record) const
{
    const std::string name = live_file_name(record) + std::string(kCap);
    const auto text = read_at(directory_.get(), name);
    Limit cap;
    (void)::unlinkat(directory_.get(), name.c_str(), 0);
    return text && parse_limit(*text, cap) ? std::optional(cap) : std::nullopt;
}

Result<void> Registry::remove_live(const SessionRecord &record) const
{
    (void)::unlinkat(directory_.get(), (live_file_name(record) + std::string(kCap)).c_str(), 0);
    // Left by a watcher that was killed while it wrote.
    (void)::unlinkat(directory_.get(), (live_file_name(record) + std::string(kUnfinished)).c_str(), 0);
    const std::string name = live_file_name(record);
    if (::unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return fail(errno_error(errno, "remove", path_ + '/' + name));
    return {};
}

bool Registry::has_live(const SessionRecord &record) const
{
    return ::faccessat(directory_.get(), live_file_name(record).c_str(), F_OK, 0) == 0;
}

std::vector<LiveSession> Registry::list_live(const std::string &proc) const
{
    std::vector<LiveSession> sessions;
    auto again = open_at(directory_.get(), ".", O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, CloseDirectory> directory(again ? ::fdopendir(again->get()) : nullptr);
    if (!directory)
        return sessions;
    (void)again->release(); // the stream's now
    const std::string boot = boot_id(proc);
    const std::string here = own_pid_namespace(proc), clock = own_time_namespace(proc);
    while (const dirent *entry = ::readdir(directory.get())) { // NOLINT: one thread
        const std::string name(entry->d_name);
        if (!name.ends_with(kSuffix))
            continue;
        auto record = read_record(directory_.get(), name);
        if (!record || live_file_name(*record) != name || (!boot.empty() && record->boot_id != boot))
            continue;
        if (!here.empty() && !record->pid_namespace.empty() && record->pid_namespace != here)
            continue; // a container that shares this directory: its pids are not ours
        if (!clock.empty() && !record->time_namespace.empty() && record->time_namespace != clock)
            continue; // nor are its start times: everybody of it would look dead
        const bool debugger = is_alive(record->debugger, proc);
        const bool watcher = is_alive(record->watcher, proc);
        sessions.push_back({std::move(*record), debugger, watcher});
    }
    std::ranges::sort(sessions, {}, [](const LiveSession &session) {
        return std::pair(session.record.debugger.start_ticks, session.record.debugger.pid);
    });
    return sessions;
}

} // namespace dbgscope
