// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Where the records of one user's sessions lie.
namespace dbgscope {

/// A file system of its own in every container, and on every machine that is booted.
inline constexpr std::string_view kSharedMemory = "/dev/shm/";

/// What decides about the places. Plain values, so that every user and machine can be tried.
struct PathInput {
    std::uint32_t uid = 0;            ///< effective
    std::string_view xdg_runtime_dir; ///< empty: unset. Relative paths do not count (XDG Base Directory Specification)
    std::string_view xdg_state_home;
    std::string_view home;
    bool run_user_exists = false; ///< /run/user/UID is a directory
};

struct SessionPaths {
    std::string live;                 ///< directory of the live records: "/run/dbgscope", "/run/user/1000/dbgscope"
    std::string history;              ///< file, one JSON line a session; empty: no home directory is known
    std::vector<std::string> instead; ///< directories of the live records where `live` is not to be had, in this order
    bool shared = false;              ///< `live` lies in /tmp: it must be ours, 0700 and no symbolic link
};

/// root: /run/dbgscope and /var/lib/dbgscope/history.jsonl, whatever the environment says (sudo keeps the user's).
/// A user: $XDG_RUNTIME_DIR or /run/user/UID, else /tmp/dbgscope-UID; $XDG_STATE_HOME or ~/.local/state. Anybody may
/// have made /tmp/dbgscope-UID before: then `live` beside the history is used. Containers with a read-only root have
/// /dev/shm, and nothing else that can be written.
[[nodiscard]] SessionPaths session_paths(const PathInput &input);

/// "/var/lib/dbgscope/snapshots": beside the history; empty: there is none.
[[nodiscard]] std::string snapshots_beside(const SessionPaths &paths);

/// The paths of this process's effective user and environment.
[[nodiscard]] SessionPaths session_paths();

} // namespace dbgscope
