// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "config.h"
#include "profile/load.hpp"

namespace dbgscope {
namespace {

constexpr const char *kProjectFile = ".dbgscope.yaml";

/// Whether a path is there, as far as this user can tell.
enum class Look { absent, there, closed };

Look look_at(const std::string &path)
{
    if (::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0)
        return Look::there;
    return errno == EACCES || errno == EPERM ? Look::closed : Look::absent; // what ELOOP and the like hide is not there
}

/// The directory on the way to `path` that does not let this user through: of what lies below it nothing is known.
std::string closed_directory(const std::string &path)
{
    for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
        if (look_at(path.substr(0, slash) + "/.") == Look::closed)
            return path.substr(0, slash);
    return path;
}

/// "NAME=VALUE" → VALUE when the name is `name`.
bool take_variable(std::string_view entry, std::string_view name, std::string &value)
{
    if (!entry.starts_with(name) || entry.size() <= name.size() || entry[name.size()] != '=')
        return false;
    value = entry.substr(name.size() + 1);
    return true;
}

/// The nearest .dbgscope.yaml from the working directory upwards; $HOME, the root and the working directory's file
/// system are the last places looked at. Directories that may not be searched are passed over; `closed` is one of them.
std::string find_project_file(const std::string &home, std::string &closed)
{
    std::array<char, PATH_MAX> buffer; // NOLINT: filled by getcwd
    struct stat start = {};
    if (::getcwd(buffer.data(), buffer.size()) == nullptr || buffer.front() != '/')
        return {}; // deleted, or outside our root
    const bool known = ::stat(".", &start) == 0 || ::stat(buffer.data(), &start) == 0;
    for (std::string dir = buffer.data();;) {
        std::string file = (dir == "/" ? "" : dir) + "/.dbgscope.yaml";
        const Look seen = look_at(file);
        if (seen == Look::there)
            return file;
        // Below a closed directory the working directory can still be used, by no name but its own.
        if (dir == buffer.data() && seen == Look::closed && look_at(kProjectFile) == Look::there)
            return kProjectFile;
        if (seen == Look::closed)
            closed = closed_directory(file);
        if (dir == "/" || dir == home)
            return {};
        const auto slash = dir.rfind('/');
        dir.resize(slash == 0 ? 1 : slash);
        struct stat status = {};
        if (::stat(dir.c_str(), &status) != 0 ? errno != EACCES : known && status.st_dev != start.st_dev)
            return {};
    }
}

/// The configuration and the profiles in one directory.
void look_into(const std::string &dir, std::string &file, LayerSources &sources)
{
    if (look_at(dir) == Look::absent)
        return;
    const std::string config = dir + "/config.yaml", profiles = dir + "/profiles";
    const Look seen = look_at(config);
    if (seen == Look::closed)
        sources.closed_dirs.push_back(closed_directory(config));
    if (seen == Look::there)
        file = config;
    if (look_at(profiles) != Look::there)
        return;
    if (look_at(profiles + "/.") == Look::closed)
        sources.closed_dirs.push_back(profiles);
    else
        sources.profile_dirs.push_back(profiles);
}

} // namespace

LayerSources default_sources(const char *const *environment, Settings options, std::string builtin_profile,
                             const std::string &config_dir)
{
    LayerSources sources;
    sources.options = std::move(options);
    sources.builtin_profile = std::move(builtin_profile);
    std::string home, user_dir;
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry = *environment;
        if (take_variable(entry, "HOME", home) || take_variable(entry, "XDG_CONFIG_HOME", user_dir))
            continue;
        if (const auto equals = entry.find('='); entry.starts_with("DBGSCOPE_") && equals != std::string_view::npos)
            sources.environment.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    }
    while (home.size() > 1 && home.back() == '/')
        home.pop_back();
    // XDG Base Directory Specification: a relative path is to be ignored.
    if (!user_dir.starts_with('/'))
        user_dir = home.starts_with('/') ? home + "/.config" : "";
    const std::string dirs[] = {user_dir.empty() ? "" : user_dir + "/dbgscope", config_dir};
    std::string *const files[] = {&sources.user_file, &sources.system_file};
    for (std::size_t i = 0; i < std::size(dirs); ++i)
        if (!dirs[i].empty())
            look_into(dirs[i], *files[i], sources);
    std::string closed;
    sources.project_file = find_project_file(home, closed);
    if (!closed.empty() && std::ranges::find(sources.closed_dirs, closed) == sources.closed_dirs.end())
        sources.closed_dirs.push_back(std::move(closed));
    return sources;
}

LayerSources default_sources(const char *const *environment, Settings options, std::string builtin_profile)
{
    return default_sources(environment, std::move(options), std::move(builtin_profile),
                           DBGSCOPE_SYSCONFDIR "/dbgscope");
}

} // namespace dbgscope
