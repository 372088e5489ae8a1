// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"
#include "session/paths.hpp"
#include "sys/fd.hpp"

// The live records of one user: a directory (0700) with one file (0600) per session.
namespace dbgscope {

/// "ID.PID-STARTTICKS.json", PID and STARTTICKS of the debugger: two plain cgroups may share one session name. A long
/// ID is cut so that the name stays below NAME_MAX.
[[nodiscard]] std::string live_file_name(const SessionRecord &record);

struct LiveSession {
    SessionRecord record;
    bool debugger_alive = false;
    bool watcher_alive = false;
};

/// Holds the directory open: a logout that removes /run/user/UID makes later calls fail with ENOENT and nothing else.
class Registry {
  public:
    /// For the watcher: makes the directory where it is missing. Errors: refused (somebody else's directory or a
    /// symbolic link in its place, or others may write to it), denied, not_found, system. None is a reason to end a
    /// session. Where that is so paths.instead is used.
    [[nodiscard]] static Result<Registry> create(const SessionPaths &paths);
    /// For readers: makes nothing. Errors: as create; not_found when nothing was ever recorded.
    [[nodiscard]] static Result<Registry> open(const SessionPaths &paths);

    /// Writes the record anew, whole or not at all (temporary file, then rename). Never syncs: it dies with the boot.
    /// Errors keep errno: ENOSPC, EDQUOT, EROFS, ENOENT (the directory is gone).
    [[nodiscard]] Result<void> write_live(const SessionRecord &record) const;
    /// For the session's watcher, where no control file takes a new cap. Errors: as write_live.
    [[nodiscard]] Result<void> write_cap(const SessionRecord &record, Limit cap) const;
    /// What was written there, once. Nothing: nothing, or no limit.
    [[nodiscard]] std::optional<Limit> take_cap(const SessionRecord &record) const;
    /// A record that is gone already is no error.
    [[nodiscard]] Result<void> remove_live(const SessionRecord &record) const;
    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] bool has_live(const SessionRecord &record) const;

    /// Every record of this boot, by start time. Files that are not ours, broken or no regular files are passed over.
    [[nodiscard]] std::vector<LiveSession> list_live(const std::string &proc = "/proc") const;

  private:
    static Result<Registry> opened(Result<UniqueFd> directory, const std::string &path);
    explicit Registry(UniqueFd directory, std::string path) : directory_(std::move(directory)), path_(std::move(path))
    {
    }

    UniqueFd directory_;
    std::string path_;
};

} // namespace dbgscope
