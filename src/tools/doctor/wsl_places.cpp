// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "text/json.hpp"
#include "tools/doctor/go_settings.hpp"
#include "tools/doctor/mount_at.hpp"
#include "tools/doctor/wsl.hpp"

namespace dbgscope {
namespace {

/// 9p by default, virtiofs with virtiofs=true, drvfs on WSL 1. Names that other machines mount for other ends.
bool is_windows_drive(const MountAt &mount)
{
    return mount.type == "9p" || mount.type == "virtiofs" || mount.type == "drvfs";
}

std::string from_go(const DoctorInput &input, const char *name)
{
    return go_setting(input, name).value;
}

struct Place {
    std::string what, path, cure;
};

std::vector<Place> places(const DoctorInput &input)
{
    const auto moved = [](const char *name, const char *to) { return fmt::format("go env -w {}={}", name, to); };
    std::vector<Place> all{
        {"the working directory", input.directory, "move the project into the Linux file system, as ~/src"},
        {"GOPATH", from_go(input, "GOPATH"), moved("GOPATH", "$HOME/go")},
        {"GOCACHE", from_go(input, "GOCACHE"), moved("GOCACHE", "$HOME/.cache/go-build")},
        {"GOMODCACHE", from_go(input, "GOMODCACHE"), moved("GOMODCACHE", "$HOME/go/pkg/mod")},
        {"GOROOT", from_go(input, "GOROOT"), "unset GOROOT and install Go inside Linux"},
    };
    if (!input.program.empty())
        all.push_back(
            {"the program",
             std::filesystem::path(input.program).is_absolute() ? input.program : input.directory + "/" + input.program,
             "build it into the Linux file system (go build -o ~/…)"});
    return all;
}

/// "C:\src\app" for /mnt/c/src/app, by the drive letter that WSL mounts below /mnt.
std::string drive_path(std::string_view directory)
{
    if (!directory.starts_with("/mnt/") || directory.size() < 6 || (directory.size() > 6 && directory[6] != '/'))
        return {};
    const char letter = directory[5];
    if (letter < 'a' || letter > 'z')
        return {};
    std::string out{static_cast<char>(letter - 'a' + 'A'), ':'};
    for (const char c : directory.substr(6))
        out += c == '/' ? '\\' : c;
    return directory.size() == 6 ? out + '\\' : out;
}

} // namespace

void wsl_places(const DoctorInput &input, CheckFindings &findings)
{
    std::size_t slow = 0;
    for (const Place &place : places(input)) {
        const auto mount = place.path.empty() ? std::nullopt : mount_at(input.root, place.path);
        if (!mount || !is_windows_drive(*mount))
            continue;
        ++slow;
        findings.push_back(
            {.level = CheckLevel::warn,
             .looked_at = place.path,
             .found = fmt::format("{} lies on the Windows drive {} ({})", place.what, mount->point, mount->type),
             .matters = "every file operation crosses to Windows: builds take many times as long, and "
                        "changes made on the Windows side are not announced (inotify)",
             .cure = place.cure});
    }
    for (const char *name : {"go", "dlv", "gdb"}) {
        const ToolFacts tool = input.tool(name);
        const auto mount = tool.path ? mount_at(input.root, *tool.path) : std::nullopt;
        const bool foreign = mount && is_windows_drive(*mount);
        const ToolFacts windows = tool.path ? ToolFacts{} : input.tool(std::string(name) + ".exe");
        if (!foreign && !windows.path)
            continue;
        findings.push_back({.level = CheckLevel::warn,
                            .looked_at = "PATH",
                            .found = fmt::format("{} is Windows' own: {}", name, foreign ? *tool.path : *windows.path),
                            .matters = "it builds and debugs Windows programs, outside of every limit here",
                            .cure = fmt::format("install {} inside Linux, and have it before /mnt/c in PATH", name)});
    }
    if (slow == 0)
        findings.push_back(
            {.looked_at = kSelfMounts, .found = "working directory and Go's directories lie in the Linux file system"});
}

PathPair substitute_path(const DoctorInput &input)
{
    if (std::string drive = drive_path(input.directory); !drive.empty())
        return {std::move(drive), input.directory};
    const std::string_view distribution = input.root.variable("WSL_DISTRO_NAME");
    if (distribution.empty())
        return {"", input.directory};
    std::string from = fmt::format("\\\\wsl.localhost\\{}", distribution);
    for (const char c : input.directory)
        from += c == '/' ? '\\' : c;
    return {from, input.directory};
}

void wsl_reach(const DoctorInput &input, const WslFiles &files, CheckFindings &findings)
{
    const std::string mode = wsl_value(files.windows, "wsl2", "networkingmode").value_or("NAT");
    const bool forwarded = wsl_value(files.windows, "wsl2", "localhostforwarding").value_or("true") != "false";
    const bool mirrored = mode == "mirrored" || mode == "Mirrored";
    const bool nat = mode == "NAT" || mode == "nat";
    const std::string source =
        files.windows_path.empty() ? "no single .wslconfig was found: WSL's defaults" : files.windows_path;
    CheckFinding finding{.level = CheckLevel::note,
                         .looked_at = source,
                         .cure = "for an editor on Windows: dlv … --headless --listen=127.0.0.1:PORT "
                                 "--accept-multiclient, and attach to localhost:PORT"};
    finding.found = fmt::format("networking: {}", mode);
    if (mirrored)
        finding.matters = "Windows and Linux share 127.0.0.1: a port taken on one side is taken on the other";
    else if (nat && forwarded)
        finding.matters = "Windows reaches what listens on 127.0.0.1 here as localhost:PORT; Linux does not reach "
                          "Windows' localhost";
    else {
        finding.matters = nat ? "localhostForwarding=false: Windows does not reach 127.0.0.1 here"
                              : "Windows may not reach 127.0.0.1 here";
        finding.cure = "put networkingMode=mirrored (Windows 11 22H2) or localhostForwarding=true under [wsl2] in "
                       ".wslconfig, then `wsl --shutdown`";
    }
    findings.push_back(std::move(finding));
    const PathPair pair = substitute_path(input);
    if (pair.from.empty())
        findings.push_back({.level = CheckLevel::unknown,
                            .looked_at = "WSL_DISTRO_NAME",
                            .found = "it is not set (sudo and ssh lose it), so the substitutePath pair is not known",
                            .matters = "an editor on Windows needs it to find the sources"});
    else
        findings.push_back(
            {.level = CheckLevel::note,
             .looked_at = "the working directory and WSL_DISTRO_NAME",
             .found = fmt::format("Windows calls this directory {}", pair.from),
             .matters = "an editor on Windows that debugs here by localhost:PORT needs both names; one that runs here "
                        "(VS Code's WSL window) does not",
             .cure = "in launch.json: \"substitutePath\": " +
                     Json::array({Json{{"from", pair.from}, {"to", pair.to}}}).dump()});
}

} // namespace dbgscope
