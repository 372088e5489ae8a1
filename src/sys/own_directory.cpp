// SPDX-License-Identifier: Apache-2.0
#include "sys/own_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/core.h>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

Error refused(const std::string &path, std::string cause)
{
    return {.kind = ErrorKind::refused,
            .operation = "use",
            .subject = path,
            .cause = std::move(cause),
            .hint = "what dbgscope keeps is kept only where nobody else can write; remove or rename it"};
}

} // namespace

Result<UniqueFd> open_own_directory(const std::string &path)
{
    auto directory = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) {
        const int code = directory.error().error_number; // ELOOP or, because of O_DIRECTORY, ENOTDIR
        struct stat status{};
        if ((code == ELOOP || code == ENOTDIR) && ::lstat(path.c_str(), &status) == 0)
            return fail(refused(path, S_ISLNK(status.st_mode) ? "it is a symbolic link" : "it is no directory"));
        return directory;
    }
    struct stat status{};
    if (::fstat(directory->get(), &status) != 0)
        return fail(errno_error(errno, "look at", path));
    if (status.st_uid != ::geteuid())
        return fail(refused(path, fmt::format("it belongs to user {}", status.st_uid)));
    if ((status.st_mode & 0022U) != 0)
        return fail(refused(path, fmt::format("its mode is {:04o}: others may write there", status.st_mode & 07777U)));
    return directory;
}

Result<UniqueFd> make_own_directory(const std::string &path)
{
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return fail(errno_error(errno, "make", path));
    return open_own_directory(path);
}

} // namespace dbgscope
