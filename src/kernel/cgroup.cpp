// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "dbgscope/bytes.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/parse.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxProcsBytes = 16 * kMiB;

/// Under the name it has in the other version: messages say what is missing.
Error no_such_file(CgroupFile file, int version)
{
    return errno_error(ENOENT, "open", file_name(file, version == 1 ? 2 : 1));
}

Error malformed_file(const char *name)
{
    return errno_error(EINVAL, "parse", name);
}

} // namespace

bool Cgroup::has(CgroupFile file) const
{
    return has_file(file, version_) && ::faccessat(directory_, file_name(file, version_), F_OK, 0) == 0;
}

Result<UniqueFd> Cgroup::open(CgroupFile file, int flags) const
{
    if (!has_file(file, version_))
        return fail(no_such_file(file, version_));
    return open_at(directory_, file_name(file, version_), flags);
}

Result<std::string> Cgroup::read(CgroupFile file) const
{
    if (!has_file(file, version_))
        return fail(no_such_file(file, version_));
    return read_at(directory_, file_name(file, version_));
}

Result<std::uint64_t> Cgroup::read_number(CgroupFile file) const
{
    auto text = read(file);
    if (!text)
        return pass(text);
    std::uint64_t number = 0;
    if (!parse_number(*text, number))
        return fail(malformed_file(file_name(file, version_)));
    return number;
}

Result<Limit> Cgroup::read_limit(CgroupFile file) const
{
    auto text = read(file);
    if (!text)
        return pass(text);
    Limit limit;
    if (!parse_limit(*text, limit))
        return fail(malformed_file(file_name(file, version_)));
    return limit;
}

Result<void> Cgroup::write(CgroupFile file, std::string_view text) const
{
    if (!has_file(file, version_))
        return fail(no_such_file(file, version_));
    return write_at(directory_, file_name(file, version_), text);
}

Result<void> Cgroup::write_limit(Limit wanted) const
{
    using enum CgroupFile;
    const std::string text = control_text(wanted, version_);
    const auto before = read_limit(limit);
    const bool raise = before && wanted > *before;
    for (const CgroupFile file : {raise ? both_limit : limit, raise ? limit : both_limit}) {
        auto written = write(file, text);
        if (!written && !(file == both_limit && written.error().error_number == ENOENT))
            return written;
    }
    return {};
}

bool Cgroup::frozen() const
{
    // populated 1\nfrozen 0\n
    const auto text = read(CgroupFile::state);
    return text && count_of(*text, "frozen") == 1;
}

Result<std::vector<pid_t>> Cgroup::pids() const
{
    const auto text = read_at(directory_, file_name(CgroupFile::procs, version_), kMaxProcsBytes);
    if (!text)
        return fail(text.error());
    return parse_procs(*text);
}

Result<void> Cgroup::add(pid_t thread) const
{
    return write(CgroupFile::procs, std::to_string(thread));
}

} // namespace dbgscope
