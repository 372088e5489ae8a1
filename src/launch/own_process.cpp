// SPDX-License-Identifier: Apache-2.0
#include "launch/own_process.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/process.hpp"
#include "text/environment.hpp"

namespace dbgscope {
namespace {

struct NamedRlimit {
    std::string_view name;
    int number;
};
constexpr std::array<NamedRlimit, 16> kRlimits{{{"AS", RLIMIT_AS},
                                                {"CORE", RLIMIT_CORE},
                                                {"CPU", RLIMIT_CPU},
                                                {"DATA", RLIMIT_DATA},
                                                {"FSIZE", RLIMIT_FSIZE},
                                                {"LOCKS", RLIMIT_LOCKS},
                                                {"MEMLOCK", RLIMIT_MEMLOCK},
                                                {"MSGQUEUE", RLIMIT_MSGQUEUE},
                                                {"NICE", RLIMIT_NICE},
                                                {"NOFILE", RLIMIT_NOFILE},
                                                {"NPROC", RLIMIT_NPROC},
                                                {"RSS", RLIMIT_RSS},
                                                {"RTPRIO", RLIMIT_RTPRIO},
                                                {"RTTIME", RLIMIT_RTTIME},
                                                {"SIGPENDING", RLIMIT_SIGPENDING},
                                                {"STACK", RLIMIT_STACK}}};
static_assert(RLIM_INFINITY == std::numeric_limits<std::uint64_t>::max());

std::string rlimit_text(std::uint64_t value)
{
    return value == RLIM_INFINITY ? "infinity" : std::to_string(value);
}

} // namespace

Result<void> set_oom_score(int value)
{
    if (auto written = write_own_oom_score(value); !written) {
        const int code = written.error().error_number;
        return fail(errno_error(code, "set oom_score_adj to", std::to_string(value),
                                code == EACCES ? "only a process with CAP_SYS_RESOURCE may lower it" : ""));
    }
    return {};
}

std::optional<int> rlimit_number(std::string_view name)
{
    for (const NamedRlimit &limit : kRlimits)
        if (limit.name == name)
            return limit.number;
    return std::nullopt;
}

Result<void> set_rlimit(const SetRlimit &wanted)
{
    const std::string subject =
        fmt::format("{} to {}:{}", wanted.resource, rlimit_text(wanted.soft), rlimit_text(wanted.hard));
    const auto number = rlimit_number(wanted.resource);
    if (!number)
        return fail({.kind = ErrorKind::usage,
                     .operation = "set resource limit",
                     .subject = subject,
                     .cause = "there is no such limit",
                     .hint = "see setrlimit(2) for the names"});
    const rlimit value{.rlim_cur = wanted.soft, .rlim_max = wanted.hard};
    if (::setrlimit(static_cast<__rlimit_resource>(*number), &value) == 0)
        return {};
    Error error = errno_error(errno, "set resource limit", subject);
    if (error.error_number == EINVAL) {
        error.kind = ErrorKind::usage;
        error.cause = "the soft limit is above the hard limit";
    } else if (error.error_number == EPERM) {
        error.cause = "it is above the hard limit in force (or the kernel's maximum)";
        error.hint = "only a process with CAP_SYS_RESOURCE may raise a hard limit";
    }
    return fail(std::move(error));
}

Result<void> set_nice(int value)
{
    if (::setpriority(PRIO_PROCESS, 0, value) != 0)
        return fail(errno_error(errno, "set nice level to", std::to_string(value),
                                errno == EACCES ? "only a process with CAP_SYS_NICE may lower it" : ""));
    return {};
}

Result<void> no_huge_pages()
{
    if (::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) // NOLINT(*-vararg)
        return fail(errno_error(errno, "turn off", "transparent huge pages"));
    return {};
}

Result<void> change_directory(const std::string &path)
{
    if (::chdir(path.c_str()) != 0)
        return fail(errno_error(errno, "change directory to", path));
    return {};
}

void change_environment(const std::vector<EnvChange> &changes, std::vector<std::string> &environment)
{
    for (const EnvChange &change : changes) {
        std::erase_if(environment, [&](const std::string &entry) { return sets_variable(entry, change.name); });
        if (change.value)
            environment.push_back(change.name + '=' + *change.value);
    }
}

} // namespace dbgscope
