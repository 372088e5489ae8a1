// SPDX-License-Identifier: Apache-2.0
#include "profile/profile_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::unexpected<Error> no_profile(const std::string &name, std::string cause)
{
    std::vector<std::string> names;
    for (const BuiltinProfile &profile : builtin_profiles())
        names.emplace_back(profile.name);
    const std::string near = suggest(name, names);
    return fail({.kind = ErrorKind::config,
                 .operation = "use profile",
                 .subject = '"' + name.substr(0, kMaxNameBytes) + '"',
                 .cause = std::move(cause),
                 .hint = near.empty() ? "dbgscope profile list shows what there is" : "did you mean " + near + '?'});
}

} // namespace

Result<std::vector<FileSetting>> builtin_settings(const BuiltinProfile &profile)
{
    std::vector<FileSetting> settings; // rows of one key stand together: each row of a list is one item
    const std::string where = "built-in profile " + std::string(profile.name);
    for (const BuiltinRow &row : profile.rows) {
        const KeyInfo *info = find_key(row.key);
        if (info == nullptr)
            return fail({.kind = ErrorKind::config,
                         .operation = "read",
                         .subject = where,
                         .cause = "unknown key " + std::string(row.key)});
        auto value = parse_value(*info, row.text);
        if (!value)
            return pass(value);
        auto *items = std::get_if<std::vector<std::string>>(&*value);
        if (items != nullptr && !settings.empty() && settings.back().key == info->key) {
            auto &all = std::get<std::vector<std::string>>(settings.back().value);
            all.insert(all.end(), items->begin(), items->end());
        } else {
            settings.push_back({info->key, std::move(*value), where});
        }
    }
    return settings;
}

bool valid_profile_name(std::string_view name)
{
    return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' && name.back() != '.' &&
           std::ranges::all_of(name, [](char c) { return name_character(c) || c == '.'; });
}

std::string profile_path(const std::vector<std::string> &dirs, const std::string &name)
{
    for (const std::string &dir : dirs)
        if (std::string path = dir + '/' + name + ".yaml";
            ::access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
            return path;
    return {};
}

Result<std::vector<FileSetting>> find_profile(const std::vector<std::string> &dirs, const std::string &name)
{
    if (!valid_profile_name(name))
        return no_profile(name, "not a profile's name: letters, digits, '-', '_' and inner dots");
    if (const std::string path = profile_path(dirs, name); !path.empty()) {
        auto config = read_config(path);
        if (!config)
            return pass(config);
        auto values = parse_settings(config->text, path, FileRole::profile);
        if (values)
            if (auto allowed = check_commands(*values, config->owner_uid); !allowed)
                return pass(allowed);
        return values;
    }
    const auto shipped = builtin_profiles();
    const auto profile = std::ranges::find(shipped, name, &BuiltinProfile::name);
    if (profile == shipped.end())
        return no_profile(name, "there is none of that name");
    return builtin_settings(*profile);
}

} // namespace dbgscope
