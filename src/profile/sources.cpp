// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "config.h"
#include "profile/load.hpp"

namespace dbgscope {
namespace {

/// There, or hidden from us: what cannot be looked at must fail when it is read, not pass for absent.
bool present(const std::string &path)
{
    return ::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::string if_present(std::string path)
{
    return present(path) ? std::move(path) : std::string{};
}

bool closed_to_us(const std::string &directory)
{
    return ::faccessat(AT_FDCWD, (directory + "/.").c_str(), F_OK, AT_EACCESS) != 0 && errno == EACCES;
}

bool belongs_to_another(const std::string &home)
{
    struct stat status = {};
    return ::stat(home.c_str(), &status) == 0 && status.st_uid != ::geteuid();
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
/// system are the last places looked at.
std::string find_project_file(const std::string &home)
{
    std::array<char, PATH_MAX> buffer; // NOLINT: filled by getcwd
    struct stat start = {};
    if (::getcwd(buffer.data(), buffer.size()) == nullptr || ::stat(".", &start) != 0)
        return {}; // deleted, or outside our root
    for (std::string dir = buffer.data();;) {
        std::string file = (dir == "/" ? "" : dir) + "/.dbgscope.yaml";
        if (present(file))
            return file;
        if (dir == "/" || dir == home)
            return {};
        const auto slash = dir.rfind('/');
        dir.resize(slash == 0 ? 1 : slash);
        struct stat status = {};
        if (::stat(dir.c_str(), &status) != 0 || status.st_dev != start.st_dev)
            return {};
    }
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
    for (std::size_t i = 0; i < std::size(dirs); ++i) {
        if (dirs[i].empty() || !present(dirs[i]))
            continue;
        if (i == 0 && closed_to_us(dirs[i]) && belongs_to_another(home)) {
            sources.foreign_user_dir = dirs[i];
            continue;
        }
        *files[i] = if_present(dirs[i] + "/config.yaml");
        if (std::string profiles = if_present(dirs[i] + "/profiles"); !profiles.empty())
            sources.profile_dirs.push_back(std::move(profiles));
    }
    sources.project_file = find_project_file(home);
    return sources;
}

LayerSources default_sources(const char *const *environment, Settings options, std::string builtin_profile)
{
    return default_sources(environment, std::move(options), std::move(builtin_profile),
                           DBGSCOPE_SYSCONFDIR "/dbgscope");
}

} // namespace dbgscope
