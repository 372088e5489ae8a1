// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/error.hpp"

#include <cerrno>
#include <cstring>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

ErrorKind kind_of(int error_number)
{
    switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::denied;
    case ENOENT:
    case ENOTDIR:
    case ESRCH: return ErrorKind::not_found;
    case ENOSYS:
    case EOPNOTSUPP: return ErrorKind::unsupported;
    case ETIMEDOUT: return ErrorKind::timeout;
    default: return ErrorKind::system;
    }
}

} // namespace

std::string to_line(const Error &error)
{
    std::string line;
    if (!error.operation.empty())
        line = "cannot " + error.operation;
    if (!error.subject.empty())
        line += (line.empty() ? "" : " ") + error.subject;
    line += (line.empty() ? "" : ": ") + error.cause;
    if (!error.hint.empty())
        line += " (" + error.hint + ")";
    return printable(line); // names from /proc and the command line may hold anything
}

Error errno_error(int error_number, std::string operation, std::string subject, std::string hint)
{
    return {.kind = kind_of(error_number),
            .operation = std::move(operation),
            .subject = std::move(subject),
            .cause = std::strerror(error_number),
            .hint = std::move(hint),
            .error_number = error_number};
}

} // namespace dbgscope
