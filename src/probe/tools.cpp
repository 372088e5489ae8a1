// SPDX-License-Identifier: Apache-2.0
#include "probe/tools.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "dbgscope/error.hpp"
#include "dbgscope/request.hpp"
#include "debugger/call.hpp"
#include "kernel/proc_files.hpp"
#include "sys/fd.hpp"
#include "sys/spawn.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";
constexpr std::size_t kMaxOutputBytes = 4096;

enum class Candidate { usable, missing, directory, not_executable, self };

/// Whether execve(2) of the file would raise the privileges of the process.
bool gains_privilege(const std::string &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return false;
    return (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
           ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

Candidate judge(const std::string &path, const std::optional<SelfFile> &self)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return errno == EACCES ? Candidate::not_executable : Candidate::missing;
    if (self && *self == SelfFile{status.st_dev, status.st_ino})
        return Candidate::self;
    if (S_ISDIR(status.st_mode))
        return Candidate::directory;
    if (!S_ISREG(status.st_mode) || ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0)
        return Candidate::not_executable;
    return Candidate::usable;
}

/// `path` below the working directory when it is relative: a chdir before exec must not change its meaning.
std::string absolute(const std::string &path)
{
    if (path.starts_with('/'))
        return path;
    std::array<char, 4096> directory{};
    if (::getcwd(directory.data(), directory.size()) == nullptr)
        return path;
    std::string out = directory.data();
    if (out != "/")
        out += '/';
    return out + (path.starts_with("./") ? path.substr(2) : path);
}

void use_configured(ToolFacts &facts, const std::string &path, const std::optional<SelfFile> &self)
{
    switch (judge(path, self)) {
    case Candidate::usable: facts.path = absolute(path); break;
    case Candidate::missing: facts.path = {Why::absent, path + " is no file"}; break;
    case Candidate::directory: facts.path = {Why::denied, path + " is a directory"}; break;
    case Candidate::not_executable: facts.path = {Why::denied, path + " is not executable"}; break;
    case Candidate::self:
        facts.skipped_self = true;
        facts.path = {Why::malformed, path + " is dbgscope itself"};
        break;
    }
}

void search(ToolFacts &facts, std::string_view name, std::string_view path_variable,
            const std::optional<SelfFile> &self)
{
    std::string denied;
    std::string_view rest = path_variable.empty() ? kDefaultPath : path_variable;
    for (bool more = true; more;) {
        const std::size_t colon = rest.find(':');
        more = colon != std::string_view::npos;
        std::string path(rest.substr(0, colon));
        rest.remove_prefix(more ? colon + 1 : rest.size());
        if (!path.empty() && !path.ends_with('/'))
            path += '/';
        path += name;
        switch (judge(path, self)) {
        case Candidate::usable: facts.path = absolute(path); return;
        case Candidate::missing:
        case Candidate::directory: break;
        case Candidate::self: facts.skipped_self = true; break;
        case Candidate::not_executable:
            if (denied.empty())
                denied = path;
            break;
        }
    }
    if (!denied.empty())
        facts.path = {Why::denied, denied + " is not executable"};
    else
        facts.path = {Why::absent, std::string(name) + " is not in PATH" +
                                       (facts.skipped_self ? ", except as a name of dbgscope" : "")};
}

/// The numbers of "-14", "-19.1"; nothing where something else follows `name`.
std::vector<unsigned> version_after(std::string_view file, std::string_view name)
{
    if (!file.starts_with(name) || file.size() == name.size() || without_version(file) != name)
        return {};
    std::vector<unsigned> numbers;
    for (std::string_view rest = file.substr(name.size() + 1); !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find('.'));
        (void)std::from_chars(part.data(), part.data() + part.size(), numbers.emplace_back());
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
    return numbers;
}

/// "lldb-server" → "lldb-server-19", the highest version in PATH: Debian has lldb under such names only.
std::string newest_version(std::string_view name, std::string_view path_variable)
{
    std::string newest;
    std::vector<unsigned> highest;
    std::string_view rest = path_variable.empty() ? kDefaultPath : path_variable;
    while (!rest.empty()) {
        const std::string directory(rest.substr(0, rest.find(':')));
        rest.remove_prefix(std::min(directory.size() + 1, rest.size()));
        std::error_code code;
        for (std::filesystem::directory_iterator entry(directory, code), end; !code && entry != end;
             entry.increment(code)) {
            const std::string file = entry->path().filename().string();
            auto version = version_after(file, name);
            if (!version.empty() && version > highest) {
                newest = file;
                highest = std::move(version);
            }
        }
    }
    return newest;
}

/// Names that stand for `name` where nothing is called that itself.
void search_relatives(ToolFacts &facts, std::string_view name, std::string_view path_variable,
                      const std::optional<SelfFile> &self)
{
    std::vector<std::string> others;
    if (name == tool_name(Tool::lldb_server) || name == tool_name(Tool::lldb_dap))
        others.push_back(newest_version(name, path_variable));
    if (name == tool_name(Tool::lldb_dap)) {
        others.emplace_back(kOldLldbDap);
        others.push_back(newest_version(kOldLldbDap, path_variable));
    }
    ToolFacts other;
    for (const std::string &candidate : others)
        if (!facts.path && !candidate.empty())
            if (search(other, candidate, path_variable, self); other.path)
                facts.path = other.path;
}

/// "13.1", "go1.19.8": digits on both sides of a point, after an optional "go".
bool looks_like_version(std::string_view word)
{
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (word.starts_with("go"))
        word.remove_prefix(2);
    const std::size_t point = word.find('.');
    return point != std::string_view::npos && point > 0 &&
           std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(point), digit) &&
           point + 1 < word.size() && digit(word[point + 1]);
}

int milliseconds_until(std::chrono::steady_clock::time_point end)
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

/// Everything until the writer closes, the buffer is full or time is up. False: time is up.
bool read_output(int fd, std::chrono::steady_clock::time_point end, std::string &output)
{
    std::array<char, kMaxOutputBytes> buffer{};
    while (output.size() < kMaxOutputBytes) {
        pollfd waiting{fd, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, milliseconds_until(end));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        const ssize_t got = ::read(fd, buffer.data(), kMaxOutputBytes - output.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        output.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return true;
}

} // namespace

std::optional<SelfFile> file_at(const std::string &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return SelfFile{status.st_dev, status.st_ino};
}

std::optional<SelfFile> self_file()
{
    return file_at(kSelfExecutable);
}

ToolFacts find_tool(std::string_view name, std::string_view path_variable, std::string_view configured,
                    const std::optional<SelfFile> &self)
{
    ToolFacts facts;
    facts.name = name;
    if (configured.find('/') != std::string_view::npos)
        use_configured(facts, std::string(configured), self);
    else
        search(facts, configured.empty() ? name : configured, path_variable, self);
    if (!facts.path && configured.empty())
        search_relatives(facts, name, path_variable, self);
    if (facts.path)
        facts.gains_privilege = gains_privilege(*facts.path);
    return facts;
}

std::string parse_tool_version(std::string_view output)
{
    while (!output.empty()) {
        const std::size_t end = std::min(output.find('\n'), output.size());
        std::string_view line = output.substr(0, end);
        output.remove_prefix(std::min(end + 1, output.size()));
        std::string_view found;
        while (!line.empty()) {
            const std::size_t blank = std::min(line.find_first_of(" \t\r"), line.size());
            if (looks_like_version(line.substr(0, blank)))
                found = line.substr(0, blank);
            line.remove_prefix(std::min(blank + 1, line.size()));
        }
        if (!found.empty())
            return std::string(found);
    }
    return {};
}

Fact<std::string> tool_output(const std::string &path, std::vector<std::string> arguments,
                              std::chrono::milliseconds deadline)
{
    const auto end = std::chrono::steady_clock::now() + deadline;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return {Why::absent, to_line(errno_error(errno, "make pipe for", path))};
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    pid_t pid = 0;
    arguments.insert(arguments.begin(), path);
    // A group of its own: what the tool starts (a shim's child) goes with it at the deadline.
    if (const int error = spawn({.path = path,
                                 .words = std::move(arguments),
                                 .environment = own_environment(),
                                 .output = writer.get(),
                                 .own_group = true},
                                pid);
        error != 0)
        return {Why::absent, to_line(errno_error(error, "run", path))};
    writer.reset();
    std::string output;
    const bool in_time = read_output(reader.get(), end, output);
    // It has closed its output, or has said more than enough, or is late: in every case it is no longer needed.
    (void)::kill(-pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (!in_time)
        return {Why::malformed, path + " did not answer in time"};
    return output;
}

Fact<std::string> tool_version(std::string_view name, const std::string &path, std::chrono::milliseconds deadline)
{
    const bool dashes = name != "dlv" && name != "go" && name != "lldb-server";
    const auto output = tool_output(path, {dashes ? "--version" : "version"}, deadline);
    if (!output)
        return output;
    std::string version = parse_tool_version(*output);
    if (version.empty())
        return {Why::malformed, path + " printed no version"};
    return version;
}

} // namespace dbgscope
