// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"
#include "session/paths.hpp"
#include "sys/fd.hpp"

// Where recordings lie: beside the live record while the session runs (a file system in memory: the watcher waits for
// no disk), beside the history afterwards.
namespace dbgscope {

/// "ID.PID-STARTTICKS.jsonl", as the live record's name without ".json".
[[nodiscard]] std::string recording_name(const SessionRecord &record);

/// "/var/lib/dbgscope/recordings"; empty: there is no place for a history.
[[nodiscard]] std::string recordings_directory(const std::string &history);

/// Appends lines, each in one write(2), to a file that is made anew (0600).
class RecordingFile {
  public:
    /// In the directory of the live records, which exists and is judged as Registry does. Errors: Registry::open's,
    /// open(2)'s (EEXIST: somebody was there before).
    [[nodiscard]] static Result<RecordingFile> make(const SessionPaths &paths, const SessionRecord &record);

    /// A line that is not written whole leaves nothing behind. Errors keep errno: ENOSPC, EDQUOT.
    [[nodiscard]] Result<void> append(std::string_view line);
    /// Of the file after the last line of this writer's.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    RecordingFile(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

    UniqueFd file_;
    std::string path_;
    std::size_t bytes_ = 0;
};

/// How many ended sessions' recordings are kept, and of how many bytes together.
struct RecordingsLimit {
    std::size_t count = 256;
    std::uint64_t bytes = 128 * kMiB;
};

/// Moves an ended session's recording from `live` (a directory) to where it is kept, and removes the oldest there
/// beyond the limit. None is no error. Errors keep errno: ENOSPC, EROFS, EACCES; the recording is gone then, too.
[[nodiscard]] Result<void> keep_recording(const std::string &live, const std::string &history,
                                          const SessionRecord &record, RecordingsLimit limit = {});

/// Keeps what lies in `live` without a live record: somebody who knew of no recordings has cleaned up.
void keep_orphaned_recordings(const std::string &live, const std::string &history);

/// One that is there, live or kept.
struct RecordingPlace {
    std::string path;
    std::int64_t changed_unix_s = 0;
    std::uint64_t bytes = 0;
};
/// The recordings in a directory, the newest first. Only regular files of this user's count.
[[nodiscard]] std::vector<RecordingPlace> list_recordings(const std::string &directory);
/// The same of files with another suffix.
[[nodiscard]] std::vector<RecordingPlace> list_files(const std::string &path, std::string_view suffix);

/// Removes those beyond the limit; the first always stays. `places`: the newest first.
void remove_oldest(const std::vector<RecordingPlace> &places, RecordingsLimit limit);

/// Removes those that were last written to before; returns how many.
std::size_t prune_recordings(const std::string &directory, std::int64_t before_unix_s);

} // namespace dbgscope
