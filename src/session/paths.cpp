// SPDX-License-Identifier: Apache-2.0
#include "session/paths.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace dbgscope {
namespace {

constexpr std::string_view kHistoryFile = "/dbgscope/history.jsonl";

std::string in_shared_memory(std::uint32_t uid)
{
    return std::string(kSharedMemory) + "dbgscope-" + std::to_string(uid);
}

bool absolute(std::string_view path)
{
    return path.starts_with('/');
}

std::string_view variable(const char *name)
{
    const char *const value = std::getenv(name); // NOLINT: one thread
    return value == nullptr ? std::string_view{} : value;
}

} // namespace

SessionPaths session_paths(const PathInput &input)
{
    if (input.uid == 0)
        return {.live = "/run/dbgscope",
                .history = "/var/lib" + std::string(kHistoryFile),
                .instead = {in_shared_memory(input.uid)}};
    SessionPaths paths;
    const std::string uid = std::to_string(input.uid);
    if (absolute(input.xdg_runtime_dir))
        paths.live = std::string(input.xdg_runtime_dir) + "/dbgscope";
    else if (input.run_user_exists)
        paths.live = "/run/user/" + uid + "/dbgscope";
    else
        paths = {.live = "/tmp/dbgscope-" + uid, .shared = true};
    if (absolute(input.xdg_state_home))
        paths.history = std::string(input.xdg_state_home);
    else if (absolute(input.home))
        paths.history = std::string(input.home) + "/.local/state";
    if (!paths.history.empty()) {
        paths.instead.push_back(paths.history + "/dbgscope/live");
        paths.history += kHistoryFile;
    }
    paths.instead.push_back(in_shared_memory(input.uid));
    return paths;
}

SessionPaths session_paths()
{
    const uid_t uid = ::geteuid();
    struct stat status{};
    const std::string run_user = "/run/user/" + std::to_string(uid);
    const bool exists = ::stat(run_user.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    return session_paths({.uid = uid,
                          .xdg_runtime_dir = variable("XDG_RUNTIME_DIR"),
                          .xdg_state_home = variable("XDG_STATE_HOME"),
                          .home = variable("HOME"),
                          .run_user_exists = exists});
}

std::string snapshots_beside(const SessionPaths &paths)
{
    const auto slash = paths.history.rfind('/');
    return slash == std::string::npos ? std::string() : paths.history.substr(0, slash) + "/snapshots";
}

} // namespace dbgscope
