// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr const char *kPattern = "/proc/sys/kernel/core_pattern";

// Max core file size        0                    unlimited            bytes
std::string soft_limit(Reader &reader)
{
    const auto text = reader.read(kSelfLimits, Records::many);
    std::string_view rest = text ? *text : std::string_view{};
    constexpr std::string_view kName = "Max core file size";
    while (!rest.empty()) {
        const std::string_view line = next_line(rest);
        if (!line.starts_with(kName))
            continue;
        const auto words = split_words(line.substr(kName.size()));
        return words.empty() ? "" : words.front();
    }
    return {};
}

/// systemd-coredump(8) obeys the limit of the program that crashed, though the kernel does not.
CheckFinding piped(const std::string &program, const std::string &limit, const std::string &looked)
{
    if (!program.ends_with("systemd-coredump"))
        return {.looked_at = looked, .found = "core files go to " + program};
    if (limit == "0")
        return {.level = CheckLevel::note,
                .looked_at = looked,
                .found = "core files go to systemd-coredump, which keeps none: RLIMIT_CORE is 0",
                .matters = "a crash outside a debugger cannot be looked into afterwards",
                .cure = "`ulimit -c unlimited` in the shell that starts the program"};
    return {.looked_at = looked, .found = "core files go to systemd-coredump; `coredumpctl gdb` opens the last one"};
}

} // namespace

/// core(5): a pipe ignores RLIMIT_CORE (except 1), a file obeys it; a name without a slash lies in the working
/// directory of the program that crashed.
CheckFindings check_core(const DoctorInput &input)
{
    Reader reader(input.root.root);
    const auto text = reader.read(kPattern);
    if (!text)
        return {{.level = CheckLevel::unknown,
                 .looked_at = kPattern,
                 .found = "it cannot be read: " + unknown(text.error(), kPattern).detail,
                 .matters = "it is not known where core files go"}};
    std::string_view view = *text;
    const std::string pattern(next_line(view));
    const std::string limit = soft_limit(reader);
    const std::string looked = fmt::format("{} and {}", kPattern, kSelfLimits);
    if (pattern.starts_with('|'))
        return {piped(pattern.substr(1, pattern.find(' ') - 1), limit, looked)};
    if (limit.empty())
        return {{.level = CheckLevel::unknown,
                 .looked_at = kSelfLimits,
                 .found = "the limit on core files cannot be read",
                 .matters = "with a limit of 0 a crash leaves none"}};
    if (limit == "0")
        return {{.level = CheckLevel::note,
                 .looked_at = looked,
                 .found = "a crash leaves no core file: RLIMIT_CORE is 0",
                 .matters = "a crash outside a debugger cannot be looked into afterwards",
                 .cure = "`ulimit -c unlimited` in the shell that starts the program (Go programs also want "
                         "GOTRACEBACK=crash)"}};
    if (pattern.empty())
        return {{.level = CheckLevel::note,
                 .looked_at = looked,
                 .found = "kernel.core_pattern is empty: core files are not written, unless core_uses_pid is set",
                 .matters = "a crash outside a debugger cannot be looked into afterwards",
                 .cure = "as root: sysctl kernel.core_pattern=core.%e.%p"}};
    const bool relative = !pattern.starts_with('/');
    return {{.looked_at = looked,
             .found = fmt::format("core files are written as {}{} (RLIMIT_CORE {})", pattern,
                                  relative ? " in the program's working directory" : "", limit)}};
}

} // namespace dbgscope
