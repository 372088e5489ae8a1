// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace dbgscope {

/// What went wrong, as far as the program has to tell cases apart. Nothing branches on the text.
enum class ErrorKind {
    usage,          ///< the command line or an environment variable is wrong
    config,         ///< a configuration file is wrong
    not_found,      ///< a file, unit or profile does not exist
    no_command,     ///< the command or debugger to start does not exist (exit status 127)
    not_executable, ///< it exists and cannot be executed (exit status 126)
    denied,         ///< no permission (EACCES, EPERM, EROFS, polkit)
    unsupported,    ///< this kernel, systemd or host cannot do it
    timeout,        ///< a deadline passed
    limit,          ///< a memory limit is too small, or did not take effect
    refused,        ///< the profile or the manager said no
    system,         ///< any other system or bus failure
};

/// A place in a text file, as an editor counts: from 1. Line 0: no place.
struct FilePlace {
    std::string file;
    int line = 0, column = 0;
};

/// One failure. The four texts read as one line: "OPERATION SUBJECT: CAUSE (HINT)".
struct Error {
    ErrorKind kind = ErrorKind::system;
    std::string operation;     ///< what was being done: "read", "create scope"
    std::string subject;       ///< to what: a path, unit, option or value
    std::string cause;         ///< why it failed, without operation and subject
    std::string hint = {};     ///< what to do next; may be empty
    int error_number = 0;      ///< errno, or 0
    std::string bus_name = {}; ///< D-Bus error name, or empty
    FilePlace place = {};      ///< where in a file the fault is, for those who point at it; `subject` says it too
};

template <class T = void> using Result = std::expected<T, Error>;

/// Shorthand: `return fail({...})`.
[[nodiscard]] inline std::unexpected<Error> fail(Error error)
{
    return std::unexpected<Error>(std::move(error));
}

/// Passes a failure on to the caller: `if (!r) return pass(r);`
template <class T> [[nodiscard]] std::unexpected<Error> pass(std::expected<T, Error> &result)
{
    return std::unexpected<Error>(std::move(result.error()));
}

/// "cannot OPERATION SUBJECT: CAUSE (HINT)", on one line, control characters escaped.
[[nodiscard]] std::string to_line(const Error &error);

/// An Error of kind denied/not_found/unsupported/system, chosen from errno, with strerror's text as cause.
[[nodiscard]] Error errno_error(int error_number, std::string operation, std::string subject, std::string hint = {});

} // namespace dbgscope
