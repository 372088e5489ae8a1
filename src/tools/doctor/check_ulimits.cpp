// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

struct Ulimit {
    std::string_view row; ///< of /proc/self/limits
    std::string_view name;
    bool bytes;
    std::uint64_t enough; ///< from here on it is in nobody's way
    std::string_view matters, cure;
};
// fs/proc/base.c (proc_pid_limits); Go 1.19: 100 MB of address space before main, 64 MiB for each further arena.
constexpr Ulimit kUlimits[] = {
    {"Max address space ", "ulimit -v (address space)", true, std::uint64_t{1} << 46,
     "Go, Java and -fsanitize programs reserve far more than they use: \"cannot allocate memory\" with memory left",
     "ulimit -v unlimited; limit memory with a cgroup instead: dbgscope --memory-max=SIZE"},
    {"Max file size ", "ulimit -f (file size)", true, std::uint64_t{1} << 33,
     "programs, debug information and core files are cut, or their writer gets SIGXFSZ", "ulimit -f unlimited"},
    {"Max cpu time ", "ulimit -t (processor time, seconds)", false, 86400,
     "a debugger or a build that has used it up gets SIGXCPU, then SIGKILL, which looks like a kill for memory",
     "ulimit -t unlimited"},
    {"Max processes ", "ulimit -u (processes and threads of this user)", false, 1024,
     "go build, dlv and the program start dozens of threads: \"resource temporarily unavailable\", errno 11",
     "ulimit -u 4096, or nproc in /etc/security/limits.conf"},
};

/// "Max cpu time              unlimited            unlimited            seconds": the soft one; nothing: unlimited.
std::optional<std::uint64_t> soft_limit(std::string_view text, std::string_view row)
{
    const auto at = text.find(row);
    if (at == std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(at + row.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc{} ? std::optional(value) : std::nullopt;
}

} // namespace

CheckFindings check_ulimits(const DoctorInput &input)
{
    constexpr const char *kFile = kSelfLimits;
    Reader reader(input.root.root);
    const auto text = reader.read(kFile, Records::many);
    if (!text)
        return {{.level = CheckLevel::unknown,
                 .looked_at = kFile,
                 .found = "it cannot be read",
                 .matters = "a limit of the shell's may stop builds and debuggers"}};
    CheckFindings findings;
    for (const Ulimit &limit : kUlimits) {
        const auto value = soft_limit(*text, limit.row);
        if (!value || *value >= limit.enough)
            continue;
        findings.push_back(
            {.level = CheckLevel::warn,
             .looked_at = kFile,
             .found = fmt::format("{} is {}", limit.name, limit.bytes ? format_bytes(*value) : std::to_string(*value)),
             .matters = std::string(limit.matters),
             .cure = std::string(limit.cure)});
    }
    if (findings.empty())
        findings.push_back({.looked_at = kFile, .found = "no ulimit is in the way"});
    return findings;
}

} // namespace dbgscope
