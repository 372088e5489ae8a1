// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "probe/debuggee.hpp"
#include "tools/doctor/build_settings.hpp"
#include "tools/doctor/checks.hpp"
#include "tools/doctor/machine_signs.hpp"

namespace dbgscope {
namespace {

CheckFinding stripped(const std::string &path, const BuildSettings &settings)
{
    if (!settings.separate_debug.empty())
        return {.level = CheckLevel::note,
                .looked_at = path,
                .found = fmt::format("its debug information is in another file, {}", settings.separate_debug),
                .matters = "without that file a debugger has no lines and no variables",
                .cure = fmt::format("have {} beside it, or in .debug there, or below /usr/lib/debug",
                                    settings.separate_debug)};
    return {.level = CheckLevel::fail,
            .looked_at = path,
            .found = fmt::format("it has no debug information{}", settings.symbols ? "" : " and no symbols: stripped"),
            .matters = "no breakpoint on a line can be set and no variable seen (dlv: \"could not open debug info\")",
            .cure = "build it without -s and -w (Go: -ldflags), with -g (C, C++), and do not strip it"};
}

/// cmd/compile: -N switches optimization off, -l inlining. `all=` extends it to every package.
CheckFinding go_optimized(const std::string &path, std::string_view gcflags)
{
    constexpr const char *kCure = "go build -gcflags='all=-N -l' (dlv debug and dlv test do so themselves)";
    constexpr const char *kMatters = "breakpoints are missed where code was inlined; variables are gone or stale";
    const std::string_view flags = gcflags.starts_with("all=") ? gcflags.substr(4) : gcflags;
    const auto words = split_words(flags);
    const auto has = [&](const char *flag) { return std::ranges::find(words, flag) != words.end(); };
    if (!has("-N"))
        return {.level = CheckLevel::warn,
                .looked_at = path,
                .found = gcflags.empty() ? "Go built it optimized"
                                         : fmt::format("Go built it optimized (-gcflags={})", gcflags),
                .matters = kMatters,
                .cure = kCure};
    if (!gcflags.starts_with("all=") || !has("-l"))
        return {.level = CheckLevel::note,
                .looked_at = path,
                .found = fmt::format("built with -gcflags={}: {}", gcflags,
                                     has("-l") ? "the packages it imports are optimized" : "functions are inlined"),
                .matters = kMatters,
                .cure = kCure};
    return {.looked_at = path, .found = "Go built it without optimization"};
}

void go_findings(const std::string &path, const BuildSettings &settings, CheckFindings &findings)
{
    if (settings.go_lines.empty())
        findings.push_back(
            {.level = CheckLevel::unknown,
             .looked_at = path,
             .found = "its build settings are not recorded (Go before 1.18, or a build outside a module)",
             .matters = "whether it is optimized is not known"});
    else
        findings.push_back(go_optimized(path, settings.go_setting("-gcflags")));
    if (settings.go_setting("-trimpath") == "true")
        findings.push_back({.level = CheckLevel::warn,
                            .looked_at = path,
                            .found = "built with -trimpath",
                            .matters =
                                "its source paths are module paths, not files: breakpoints by file are not found "
                                "and no source is shown",
                            .cure = "build it without -trimpath, or give dlv substitutePath pairs"});
}

/// GCC records its options in DWARF: "GNU C17 12.2.0 -mtune=generic -march=x86-64 -O2 -g".
void c_findings(const std::string &path, const BuildSettings &settings, CheckFindings &findings)
{
    for (const std::string &producer : settings.c_producers) {
        const auto words = split_words(producer);
        const auto level =
            std::find_if(words.rbegin(), words.rend(), [](const std::string &word) { return word.starts_with("-O"); });
        if (level == words.rend() || *level == "-O0" || *level == "-Og")
            continue;
        findings.push_back({.level = CheckLevel::warn,
                            .looked_at = path + " (DW_AT_producer)",
                            .found = "some of it was compiled with " + *level,
                            .matters = "breakpoints are missed where code was inlined; variables are optimized out",
                            .cure = "compile it with -Og -g or -O0 -g"});
        return;
    }
}

/// Whether this kernel can start it at all.
void start_findings(const DoctorInput &input, CheckFindings &findings)
{
    const auto head = read_elf_head(input.program);
    if (!head || head->machine == 0)
        return;
    const MachineSigns signs = read_machine_signs(input);
    if (!runs_natively(head->machine, signs.uname_machine)) {
        const bool emulated = std::ranges::any_of(signs.handlers, [&](const std::string &name) {
            return name == "rosetta" || name == "qemu-" + machine_name(head->machine);
        });
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = input.program + " (ELF header)",
                            .found = fmt::format("it is built for {}, this machine is {}", machine_name(head->machine),
                                                 signs.uname_machine),
                            .matters = emulated
                                           ? "an emulator starts it (binfmt_misc), and under one there is no ptrace"
                                           : "it does not start: \"exec format error\"",
                            .cure = "build it for this machine: GOOS and GOARCH, or docker build --platform"});
        return; // its interpreter is of that machine too
    }
    if (!head->interpreter.empty() && ::access((input.root.root + head->interpreter).c_str(), F_OK) != 0)
        findings.push_back(
            {.level = CheckLevel::fail,
             .looked_at = input.program + " (PT_INTERP)",
             .found = fmt::format("it names the ELF interpreter {}, which is not there", head->interpreter),
             .matters = "it does not start, with words as if the program itself were missing: \"no such "
                        "file or directory\"",
             .cure = head->interpreter.find("musl") != std::string::npos
                         ? "it was linked on a system with musl (Alpine): build it here, or statically"
                         : "it was linked for glibc: build it here, statically (CGO_ENABLED=0 for Go), or "
                           "use an image with glibc"});
}

} // namespace

CheckFindings check_program(const DoctorInput &input)
{
    if (input.program.empty())
        return {};
    const auto settings = read_build_settings(input.program);
    if (!settings)
        return {{.level = settings.why() == Why::denied ? CheckLevel::unknown : CheckLevel::fail,
                 .looked_at = input.program,
                 .found = settings.detail(),
                 .matters = "a debugger starts ELF programs only",
                 .cure = settings.why() == Why::malformed ? "name the built program, not its source or a script" : ""}};
    CheckFindings findings;
    start_findings(input, findings);
    if (!settings->debug_info)
        findings.push_back(stripped(input.program, *settings));
    const DebuggeeFacts program = read_debuggee(input.program);
    if (program.is_go)
        go_findings(input.program, *settings, findings);
    else
        c_findings(input.program, *settings, findings);
    if (findings.empty())
        findings.push_back({.looked_at = input.program, .found = "it has debug information"});
    return findings;
}

} // namespace dbgscope
