// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "sys/fd.hpp"

// What the descriptors of other processes are open on.
namespace dbgscope {

/// A pipe, a FIFO or the terminal's side of a pseudo-terminal. Equal: the same one.
struct Stream {
    bool terminal = false;
    std::uint64_t device = 0, number = 0; ///< number: inode, or the index of the pseudo-terminal
    bool operator==(const Stream &) const = default;
};

/// Nothing: a file, a socket, another device. A descriptor opened with O_PATH does.
[[nodiscard]] std::optional<Stream> stream_of(int fd);

/// What descriptor `number` of a process is open on, with O_PATH: nothing happens to it. Invalid: the process has
/// ended, or is another user's, or has no such descriptor.
[[nodiscard]] UniqueFd look_at_descriptor(pid_t pid, int number);
/// Whether its next program would have it too: it was handed down or is meant to be, and is not its own affair.
[[nodiscard]] bool is_handed_down(pid_t pid, int number);
/// The same file once more, for use. Invalid, errno set: not possible (ENXIO: a FIFO that nobody reads).
[[nodiscard]] UniqueFd open_again(int fd, int flags);

/// Whether a process reads what is written into the stream: it has the pipe open for reading, or it is the other side
/// of the pseudo-terminal (tty-index in /proc/PID/fdinfo, Linux 4.14).
[[nodiscard]] bool has_other_end(pid_t pid, const Stream &stream);

} // namespace dbgscope
