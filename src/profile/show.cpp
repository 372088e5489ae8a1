// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>

#include <algorithm>
#include <map>
#include <memory>

#include "profile/load.hpp"
#include "profile/profile_store.hpp"
#include "profile/settings_file.hpp"
#include "profile/text_check.hpp"

namespace dbgscope {
namespace {

/// Backslash escapes as YAML's double quotes know them; also keeps control characters off the terminal.
std::string escaped(std::string_view text)
{
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            out += hex[byte >> 4];
            out += hex[byte & 15];
            continue;
        }
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

/// Plain where no reader of YAML can take it for something else.
std::string yaml_scalar(const std::string &text)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._%=+-";
    const bool safe = !text.empty() && text.find_first_not_of(plain) == std::string::npos &&
                      std::string_view("-%=+.").find(text.front()) == std::string_view::npos && text != "null" &&
                      text != "Null" && text != "NULL";
    return safe ? text : '"' + escaped(text) + '"';
}

std::string yaml_value(const KeyInfo &info, const Value &value)
{
    if (const auto *items = std::get_if<std::vector<std::string>>(&value)) {
        std::string out;
        for (const std::string &item : *items)
            out += (out.empty() ? "" : ", ") + yaml_scalar(item);
        return '[' + out + ']';
    }
    const std::string text = format_value(info, value);
    return info.type == ValueType::integer ? text : yaml_scalar(text);
}

constexpr std::size_t kOriginColumn = 34;

std::string line_of(std::string_view indent, std::string_view name, const KeyInfo &info, const Setting &setting,
                    bool with_origin)
{
    std::string line(indent);
    line += name;
    line += ": " + yaml_value(info, setting.value);
    if (with_origin) {
        line.resize(std::max(line.size() + 1, kOriginColumn), ' ');
        line += "# " + escaped(setting.origin.where);
    }
    return line + '\n';
}

Settings settings_of(const std::vector<FileSetting> &values)
{
    Settings settings;
    for (const FileSetting &value : values)
        settings.set(value.key, {value.value, {Layer::builtin, value.where}});
    return settings;
}

/// NAME → FILE of every NAME.yaml in the profile directories; the first directory wins.
std::map<std::string, std::string> profile_files(const std::vector<std::string> &dirs)
{
    std::map<std::string, std::string> files;
    for (const std::string &dir : dirs) {
        const std::unique_ptr<DIR, int (*)(DIR *)> stream(::opendir(dir.c_str()), &::closedir);
        if (stream == nullptr)
            continue;
        while (const dirent *entry = ::readdir(stream.get())) {
            std::string_view name = entry->d_name;
            if (!name.ends_with(".yaml"))
                continue;
            name.remove_suffix(5);
            if (valid_profile_name(name))
                files.emplace(name, dir + '/' + entry->d_name);
        }
    }
    return files;
}

std::string list_line(std::string_view name, std::string_view summary, const std::string &where)
{
    constexpr std::size_t name_width = 14;
    std::string line(name);
    line.resize(std::max(line.size() + 1, name_width), ' ');
    line += escaped(summary);
    return line + (summary.empty() ? "(" : " (") + escaped(where) + ")\n";
}

} // namespace

std::string list_profiles(const LayerSources &sources)
{
    auto files = profile_files(sources.profile_dirs);
    std::string out;
    const auto add_file = [&out](const std::string &name, const std::string &path) {
        const auto config = read_config(path);
        out += config ? list_line(name, first_comment(config->text), path)
                      : list_line(name, "unusable: " + config.error().cause, path);
    };
    for (const BuiltinProfile &profile : builtin_profiles()) {
        const auto own = files.find(std::string(profile.name));
        if (own == files.end()) {
            out += list_line(profile.name, profile.summary, "built-in");
            continue;
        }
        add_file(own->first, own->second);
        files.erase(own);
    }
    for (const auto &[name, path] : files)
        add_file(name, path);
    return out;
}

Result<std::string> show_profile(const LayerSources &sources, std::string_view name, bool with_origin)
{
    const auto values = find_profile(sources.profile_dirs, std::string(name));
    if (!values)
        return fail(values.error());
    return show_settings(settings_of(*values), with_origin);
}

std::string show_settings(const Settings &settings, bool with_origin)
{
    std::string out;
    std::vector<std::string_view> sections;
    for (const KeyInfo &info : key_table()) {
        const auto dot = info.name.find('.');
        if (dot == std::string_view::npos) {
            if (const Setting *setting = settings.find(info.key))
                out += line_of("", info.name, info, *setting, with_origin);
            continue;
        }
        // The keys of a section need not stand together in the table: oom.policy, oom.score_adjust.
        const std::string_view section = info.name.substr(0, dot);
        if (std::ranges::find(sections, section) != sections.end())
            continue;
        sections.push_back(section);
        std::string lines;
        for (const KeyInfo &below : key_table())
            if (const Setting *setting = settings.find(below.key);
                setting != nullptr && below.name.starts_with(info.name.substr(0, dot + 1)))
                lines += line_of("  ", below.name.substr(dot + 1), below, *setting, with_origin);
        if (!lines.empty())
            out += std::string(section) + ":\n" + lines;
    }
    return out;
}

Result<std::string> check_file(const std::string &path)
{
    const auto config = read_config(path);
    if (!config)
        return fail(config.error());
    const auto slash = path.rfind('/');
    const std::string_view file = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
    const std::string_view dir = std::string_view(path).substr(0, slash == std::string::npos ? 0 : slash);
    const FileRole role = file == ".dbgscope.yaml"                          ? FileRole::project
                          : dir == "profiles" || dir.ends_with("/profiles") ? FileRole::profile
                                                                            : FileRole::config;
    const auto values = parse_settings(config->text, path, role);
    if (!values)
        return fail(values.error());
    return path + ": ok, " + std::to_string(values->size()) + (values->size() == 1 ? " setting\n" : " settings\n");
}

} // namespace dbgscope
