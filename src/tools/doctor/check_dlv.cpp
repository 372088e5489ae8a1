// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "debugger/go_environment.hpp"
#include "probe/debuggee.hpp"
#include "tools/doctor/checks.hpp"
#include "tools/doctor/go_settings.hpp"
#include "tools/doctor/go_window.hpp"

namespace dbgscope {
namespace {

constexpr int kDwarf5Minor = 25; ///< Go writes DWARF 5 from 1.25 on; delve reads it when built with 1.25 or later

struct Dlv {
    std::string version;
    GoWindow window;
    int built_with = 0; ///< Go 1 minor number; 0: unknown
};

std::string install_hint(int minor)
{
    const std::string fitting = dlv_for_go(minor);
    return fitting.empty() ? "install a dlv made for it (go install github.com/go-delve/delve/cmd/dlv@latest)"
                           : fmt::format("go install github.com/go-delve/delve/cmd/dlv@v{}", fitting);
}

/// What dlv does with a program of Go 1.`minor`, said of `what` ("the tool chain in PATH is go1.24.1").
CheckFinding window_finding(const Dlv &dlv, const std::string &what, int minor)
{
    CheckFinding finding{.looked_at = "dlv's window of Go versions",
                         .found = fmt::format("{}; dlv {} debugs Go 1.{} to 1.{}", what, dlv.version, dlv.window.oldest,
                                              dlv.window.newest)};
    if (minor < dlv.window.oldest || minor > dlv.window.newest) {
        finding.level = CheckLevel::fail;
        finding.matters =
            minor > dlv.window.newest
                ? "dlv starts the program and ends it at once: \"Version of Delve is too old for Go "
                  "version …\"; with --check-go-version=false it shows wrong values"
                : "dlv starts the program and ends it at once: \"Go version … is too old for this version "
                  "of Delve\"; --check-go-version=false makes it try";
        finding.cure = install_hint(minor);
    } else if (minor >= kDwarf5Minor && dlv.built_with != 0 && dlv.built_with < kDwarf5Minor) {
        finding.level = CheckLevel::fail;
        finding.found += fmt::format(", but was itself built with Go 1.{}", dlv.built_with);
        finding.matters = "\"To debug executables using DWARFv5 or later Delve must be built with Go version 1.25.0 or "
                          "later\"";
        finding.cure = "build dlv anew with Go 1.25 or later: " + install_hint(minor);
    }
    return finding;
}

void add_windows(const DoctorInput &input, const Dlv &dlv, CheckFindings &findings)
{
    const auto toolchain = read_go_toolchain(input.variable("PATH"), go_setting(input, "GOTOOLCHAIN").value);
    if (toolchain.go_version)
        if (const auto minor = go_minor_version(*toolchain.go_version))
            findings.push_back(window_finding(dlv, "the Go in PATH is " + *toolchain.go_version, *minor));
    if (input.program.empty())
        return;
    const DebuggeeFacts program = read_debuggee(input.program);
    if (program.is_go && program.go_version)
        if (const auto minor = go_minor_version(*program.go_version))
            findings.push_back(
                window_finding(dlv, fmt::format("{} was built by {}", input.program, *program.go_version), *minor));
}

CheckFinding not_found(const DoctorInput &input, const ToolFacts &tool)
{
    const bool go = input.tool("go").path.known();
    return {.level = go ? CheckLevel::warn : CheckLevel::note,
            .looked_at = "PATH",
            .found = tool.path.detail(),
            .matters = "Go programs cannot be debugged",
            .cure =
                go ? "go install github.com/go-delve/delve/cmd/dlv@latest, and have $(go env GOPATH)/bin in PATH" : ""};
}

} // namespace

CheckFindings check_dlv(const DoctorInput &input)
{
    const ToolFacts tool = input.tool("dlv");
    if (!tool.path)
        return {not_found(input, tool)};
    const Fact<std::string> version = tool_version("dlv", *tool.path);
    if (!version)
        return {{.level = CheckLevel::fail,
                 .looked_at = *tool.path + " version",
                 .found = version.detail(),
                 .matters = "no session with it will start",
                 .cure = "run it by hand to see what it says; if it is a script of your own, that is where it hangs"}};
    CheckFindings findings{{.looked_at = "PATH", .found = fmt::format("dlv {} is {}", *version, *tool.path)}};
    const auto parsed = read_version(*version);
    const auto window = parsed ? go_window(*parsed) : std::nullopt;
    if (!window) {
        findings.push_back({.level = CheckLevel::unknown,
                            .looked_at = "the table of dlv releases in dbgscope (1.20.0 to 1.27.1)",
                            .found = fmt::format("it does not have dlv {}", *version),
                            .matters = "whether it can debug what your Go builds is not known here"});
        return findings;
    }
    const DebuggeeFacts own = read_debuggee(*tool.path);
    const int built = own.go_version ? go_minor_version(*own.go_version).value_or(0) : 0;
    add_windows(input, {*version, *window, built}, findings);
    return findings;
}

} // namespace dbgscope
