// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

// Changing a user's file: all of it or nothing, and never over a change somebody else made meanwhile.
namespace dbgscope {

struct FileSnapshot {
    std::string path; ///< the file itself: symbolic links are followed
    std::string text; ///< empty when there is none yet
    bool exists = false;
};

/// Reads a regular file of at most 1 MiB; one that is not there is a snapshot too. Errors: denied, config (a directory,
/// a device, a symbolic link to nothing, too large).
[[nodiscard]] Result<FileSnapshot> take_snapshot(const std::string &path);

/// Root follows no symbolic link of another user's, who could lead it anywhere. Errors: denied, with the real file.
[[nodiscard]] Result<void> check_links(const std::string &path);

/// Puts `text` in place of what `snapshot` saw: a new file beside it, with its mode and owner, synced and renamed over
/// it; what else belongs to the old file (ACLs, extended attributes) is not taken over. A file that was not there gets
/// its directories too. Errors: refused (it has changed since), config (it has other hard links), denied, system; the
/// file is then as it was.
[[nodiscard]] Result<void> replace_file(const FileSnapshot &snapshot, std::string_view text);

} // namespace dbgscope
