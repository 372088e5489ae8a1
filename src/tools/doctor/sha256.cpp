// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/sha256.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "probe/tools.hpp"

namespace dbgscope {

Result<std::string> sha256_of_file(const std::string &path)
{
    constexpr std::size_t kDigits = 64;
    constexpr std::chrono::seconds kDeadline{30};
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return fail(errno_error(errno, "read", path));
    if (!S_ISREG(status.st_mode))
        return fail(errno_error(EINVAL, "read", path, "it is not a regular file"));
    // The system's own, whatever PATH says: it is PATH that is in doubt.
    const ToolFacts tool = find_tool("sha256sum", "", "", std::nullopt);
    const Fact<std::string> output =
        tool.path ? tool_output(*tool.path, {"-bz", "--", path}, kDeadline) : Fact<std::string>(tool.path);
    if (!output || output->size() < kDigits)
        return fail({.kind = ErrorKind::system,
                     .operation = "sum up",
                     .subject = path,
                     .cause = output ? "sha256sum cannot read it" : output.detail()});
    return output->substr(0, kDigits);
}

} // namespace dbgscope
