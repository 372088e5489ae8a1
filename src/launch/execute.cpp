// SPDX-License-Identifier: Apache-2.0
#include "launch/execute.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "sys/file.hpp"
#include "text/environment.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kDefaultPath = "/bin:/usr/bin"; // confstr(_CS_PATH)
constexpr const char *kShell = "/bin/sh";

/// The form execve wants; the strings belong to `strings`.
std::vector<char *> pointers(const std::vector<std::string> &strings)
{
    std::vector<char *> out;
    out.reserve(strings.size() + 1);
    for (const std::string &text : strings)
        out.push_back(const_cast<char *>(text.c_str())); // NOLINT: execve does not write
    out.push_back(nullptr);
    return out;
}

/// What the first bytes say: a text file is a script, as for shells.
std::string first_bytes(const std::string &path)
{
    std::array<char, 256> block{};
    const auto fd = open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY);
    const ssize_t got = fd ? ::read(fd->get(), block.data(), block.size()) : -1;
    return got > 0 ? std::string(block.data(), static_cast<std::size_t>(got)) : std::string();
}

/// "#! /usr/bin/python3 -u\n" → "/usr/bin/python3"; empty where there is none.
std::string interpreter_of(const std::string &path)
{
    const std::string head = first_bytes(path);
    std::string_view line = head;
    if (!line.starts_with("#!"))
        return {};
    line = line.substr(2, line.find('\n') - 2);
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos)
        return {};
    line.remove_prefix(start);
    return std::string(line.substr(0, line.find_first_of(" \t")));
}

Error explain(int code, const std::string &path)
{
    Error error = errno_error(code, "execute", path);
    switch (code) {
    case ENOENT:
    case ENOTDIR: {
        struct stat info{};
        error.kind = ErrorKind::no_command;
        if (::stat(path.c_str(), &info) != 0)
            return error;
        // The file is there, so what is missing is what the kernel needs to run it.
        const std::string interpreter = interpreter_of(path);
        error.kind = ErrorKind::not_executable;
        error.cause = interpreter.empty() ? "its dynamic loader does not exist here"
                                          : "its interpreter " + interpreter + " does not exist";
        return error;
    }
    case EACCES:
    case EPERM: {
        struct stat info{};
        const bool directory = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
        error.cause = directory ? "it is a directory" : "it may not be executed";
        error.hint = directory ? "" : "see its mode bits, those of the directories above, and the mount's noexec";
        break;
    }
    case ENOEXEC: error.cause = "it is no program for this machine"; break;
    case ETXTBSY: error.cause = "it is open for writing"; break;
    case E2BIG: error.cause = "arguments and environment are too long"; break;
    case EAGAIN: error.hint = "the user has more processes than RLIMIT_NPROC allows"; break;
    default: break;
    }
    const bool ours = code == ENOMEM || code == E2BIG || code == EAGAIN || code == EMFILE || code == ENFILE;
    error.kind = ours ? ErrorKind::system : ErrorKind::not_executable;
    return error;
}

/// The words of one exec attempt after another; only the path differs.
class Attempt {
  public:
    Attempt(const Execute &step, const std::vector<std::string> &environment)
        : step_(step), arguments_(pointers(step.arguments)), environment_(pointers(environment))
    {
    }
    /// errno of the failure.
    [[nodiscard]] int run(const std::string &path) const
    {
        (void)::execve(path.c_str(), arguments_.data(), environment_.data());
        if (errno != ENOEXEC)
            return errno;
        const std::string head = first_bytes(path);
        if (head.find('\0') != std::string::npos) // a binary of another machine, or damaged
            return ENOEXEC;
        std::vector<std::string> words{kShell, path};
        if (step_.arguments.size() > 1)
            words.insert(words.end(), step_.arguments.begin() + 1, step_.arguments.end());
        (void)::execve(kShell, pointers(words).data(), environment_.data());
        return ENOEXEC;
    }

  private:
    const Execute &step_;
    std::vector<char *> arguments_, environment_;
};

Error search(const Attempt &attempt, const std::string &name, std::string_view path)
{
    std::string denied; // found, not executable; a later entry may still do
    for (;;) {
        const auto colon = path.find(':');
        const std::string_view directory = path.substr(0, colon);
        std::string candidate(directory.empty() ? "." : directory);
        candidate += '/' + name;
        const int code = attempt.run(candidate);
        struct stat info{};
        if (code == EACCES) {
            if (denied.empty() && ::stat(candidate.c_str(), &info) == 0)
                denied = candidate;
        } else if ((code != ENOENT && code != ENOTDIR) || ::stat(candidate.c_str(), &info) == 0) {
            return explain(code, candidate);
        }
        if (colon == std::string_view::npos)
            break;
        path.remove_prefix(colon + 1);
    }
    if (!denied.empty())
        return explain(EACCES, denied);
    Error error = errno_error(ENOENT, "execute", name);
    error.kind = ErrorKind::no_command;
    error.cause = "there is no such command in PATH";
    return error;
}

} // namespace

Error execute(const Execute &step, const std::vector<std::string> &environment)
{
    const Attempt attempt(step, environment);
    if (!step.search_path || step.path.find('/') != std::string::npos || step.path.empty())
        return explain(attempt.run(step.path), step.path);
    return search(attempt, step.path, find_variable(environment, "PATH").value_or(kDefaultPath));
}

} // namespace dbgscope
