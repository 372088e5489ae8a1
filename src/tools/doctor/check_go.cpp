// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/core.h>

#include "debugger/go_environment.hpp"
#include "debugger/go_flags.hpp"
#include "probe/debuggee.hpp"
#include "sys/file.hpp"
#include "tools/doctor/checks.hpp"
#include "tools/doctor/go_settings.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

/// "go1.19.8" from the first line of GOROOT/VERSION; empty: none.
std::string version_in(const std::string &root)
{
    const auto text = read_file(root + "/VERSION", 4096);
    return text ? text->substr(0, text->find_first_of(" \n")) : "";
}

/// cmd/go finds its GOROOT from its own place, bin/go; the variable overrides that.
void root_findings(const DoctorInput &input, const std::string &go, CheckFindings &findings)
{
    const GoSetting set = go_setting(input, "GOROOT");
    if (set.value.empty())
        return;
    const std::string looked = "GOROOT from " + set.from;
    std::error_code code;
    if (!fs::is_directory(set.value, code)) {
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = looked,
                            .found = fmt::format("GOROOT is {}, which is no directory", set.value),
                            .matters = "every go command ends with \"cannot find GOROOT directory\"",
                            .cure = "unset GOROOT: go finds its own"});
        return;
    }
    const DebuggeeFacts command = read_debuggee(go);
    const std::string named = version_in(set.value);
    const std::string own = command.go_version.value_or("");
    // A development version, "devel go1.24-…", is not compared; " X:name" after a version names an experiment.
    if (named.starts_with("go1") && own.starts_with("go1") && named != own.substr(0, own.find(' ')))
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = looked,
                            .found = fmt::format("GOROOT is {} ({}), but {} is of {}", set.value, named, go, own),
                            .matters = "builds end with \"compile: version … does not match go tool version …\"",
                            .cure = "unset GOROOT: go finds its own"});
}

void bin_finding(const DoctorInput &input, CheckFindings &findings)
{
    GoSetting bin = go_setting(input, "GOBIN");
    if (!bin.value.empty() && !bin.value.starts_with('/')) {
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = "GOBIN from " + bin.from,
                            .found = fmt::format("GOBIN is {}, which is not absolute", bin.value),
                            .matters = "`go install` ends with \"cannot install, GOBIN must be an absolute path\"",
                            .cure = "make it absolute, or unset it"});
        return;
    }
    const std::string path = go_setting(input, "GOPATH").value;
    const std::string directory = bin.value.empty() ? path.substr(0, path.find(':')) + "/bin" : bin.value;
    std::error_code code;
    if (!fs::is_directory(directory, code) || fs::is_empty(directory, code) ||
        fmt::format(":{}:", input.variable("PATH")).find(":" + directory + ":") != std::string::npos)
        return;
    findings.push_back({.level = CheckLevel::note,
                        .looked_at = bin.value.empty() ? "GOPATH and PATH" : "GOBIN and PATH",
                        .found = fmt::format("{} has programs and is not in PATH", directory),
                        .matters = "a dlv that `go install` puts there is not the one that is run",
                        .cure = fmt::format("export PATH={}:$PATH", directory)});
}

void path_findings(const DoctorInput &input, CheckFindings &findings)
{
    const GoSetting set = go_setting(input, "GOPATH");
    std::string_view rest = set.value;
    while (!rest.empty()) {
        const std::size_t colon = std::min(rest.find(':'), rest.size());
        const std::string one(rest.substr(0, colon));
        rest.remove_prefix(std::min(colon + 1, rest.size()));
        if (!one.empty() && !one.starts_with('/'))
            findings.push_back({.level = CheckLevel::fail,
                                .looked_at = "GOPATH from " + set.from,
                                .found = fmt::format("GOPATH has {}, which is not absolute", one),
                                .matters = "every go command ends with \"GOPATH entry is relative; must be absolute "
                                           "path\"",
                                .cure = "make it absolute, or unset it"});
    }
}

/// 0, or the errno of writing in `path`, or in the nearest directory above it that there is.
int writable(std::string path)
{
    for (;;) {
        if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
            return 0;
        if (errno != ENOENT || path == "/")
            return errno;
        path = fs::path(path).parent_path().string();
    }
}

void cache_finding(const DoctorInput &input, CheckFindings &findings)
{
    const GoSetting set = go_setting(input, "GOCACHE");
    const std::string looked = "GOCACHE from " + set.from;
    std::string wrong;
    if (set.value.empty())
        wrong = "neither GOCACHE, XDG_CACHE_HOME nor HOME is set";
    else if (set.value == "off")
        wrong = "GOCACHE is off, which Go 1.12 and later refuse";
    else if (!set.value.starts_with('/'))
        wrong = fmt::format("GOCACHE is {}, which is not absolute", set.value);
    else if (const int error = writable(set.value); error != 0)
        wrong = fmt::format("GOCACHE {} cannot be written: {}", set.value, std::strerror(error));
    if (!wrong.empty())
        findings.push_back(
            {.level = CheckLevel::fail,
             .looked_at = looked,
             .found = wrong,
             .matters = "nothing can be built, so dlv debug and dlv test cannot start",
             .cure = "set GOCACHE to a directory of yours, as in: go env -w GOCACHE=$HOME/.cache/go-build"});
}

void flag_findings(const DoctorInput &input, std::optional<int> minor, CheckFindings &findings)
{
    const GoSetting set = go_setting(input, "GOFLAGS");
    const std::string looked = "GOFLAGS from " + set.from;
    const GoFlags flags = read_goflags(set.value, minor);
    if (!flags.error.empty())
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = looked,
                            .found = fmt::format("GOFLAGS is {}: every go command ends with \"parsing $GOFLAGS: {}\"",
                                                 set.value, flags.error),
                            .matters = "nothing can be built, so dlv debug and dlv test cannot start",
                            .cure = fmt::format("each entry is -flag or -flag=value; {}; go env -u GOFLAGS where it is "
                                                "in go's env file",
                                                goflags_take_quotes(minor)
                                                    ? "one with blanks is quoted as a whole: '-ldflags=-X a=b'"
                                                    : "this Go takes no quotes there, so none can have a blank")});
    const BuildEffects effects = build_effects(flags.words);
    if (effects.trims)
        findings.push_back({.level = CheckLevel::warn,
                            .looked_at = looked,
                            .found = "GOFLAGS has -trimpath",
                            .matters = "every build, dlv's too, records module paths instead of files: breakpoints by "
                                       "file are not found",
                            .cure = "take it out: go env -u GOFLAGS, or set it for release builds only"});
    if (!effects.strips.empty())
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = looked,
                            .found = fmt::format("GOFLAGS strips what is built ({})", set.value),
                            .matters = "every build, dlv's too, has no debug information",
                            .cure = "take -s and -w out: go env -u GOFLAGS, or set it for release builds only"});
}

} // namespace

CheckFindings check_go(const DoctorInput &input)
{
    const ToolFacts go = input.tool("go");
    if (!go.path)
        return {{.level = CheckLevel::note,
                 .looked_at = "PATH",
                 .found = go.path.detail(),
                 .matters = "dlv debug and dlv test cannot build; dlv exec and attach need no Go",
                 .cure = "where you build, have GOROOT/bin in PATH (often /usr/local/go/bin)"}};
    CheckFindings findings;
    root_findings(input, *go.path, findings);
    path_findings(input, findings);
    bin_finding(input, findings);
    cache_finding(input, findings);
    const DebuggeeFacts command = read_debuggee(*go.path);
    flag_findings(input, go_minor_version(command.go_version.value_or("")), findings);
    findings.insert(findings.begin(), {.looked_at = "PATH, the environment and go's env file",
                                       .found = fmt::format("{} is {}{}", command.go_version.value_or("go (a script)"),
                                                            *go.path, findings.empty() ? "; its settings agree" : "")});
    return findings;
}

} // namespace dbgscope
