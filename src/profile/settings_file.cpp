// SPDX-License-Identifier: Apache-2.0
#include "profile/settings_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "profile/key_names.hpp"
#include "profile/reaction.hpp"
#include "profile/yaml_file.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

std::unexpected<Error> refuse(const FilePlace &place, std::string cause, std::string hint = {})
{
    return fail({.kind = ErrorKind::config,
                 .operation = "",
                 .subject = place.line == 0 ? place.file : place_text(place.file, {place.line, place.column}),
                 .cause = std::move(cause),
                 .hint = std::move(hint),
                 .place = place});
}

FilePlace in_file(const std::string &path, YamlPlace place)
{
    return {path, place.line, place.column};
}

/// The names one level below `section`: "memory" → "max, high, …"; empty when it is no section.
std::string names_below(const std::string &section)
{
    std::string out;
    for (const KeyInfo &info : key_table())
        if (info.name.starts_with(section + '.')) {
            if (!out.empty())
                out += ", ";
            out += info.name.substr(section.size() + 1);
        }
    return out;
}

std::unexpected<Error> unknown_key(const YamlEntry &entry, const FilePlace &where)
{
    if (const std::string names = names_below(entry.key); !names.empty())
        return refuse(where, entry.key + " is a group of keys, not a value", "below it go: " + names);
    const auto dot = entry.key.find('.');
    if (dot != std::string::npos && find_key(entry.key.substr(0, dot)) != nullptr)
        return refuse(where, entry.key.substr(0, dot) + " takes a value, not a group of keys");
    const std::string near = suggest(entry.key, key_names());
    return refuse(where, "unknown key " + entry.key,
                  near.empty() ? "man dbgscope-profile lists the keys" : "did you mean " + near + '?');
}

bool takes_list(ValueType type)
{
    return type == ValueType::list || type == ValueType::choices;
}

Result<Value> value_of(const KeyInfo &info, const YamlEntry &entry, const std::string &path)
{
    const std::string name(info.name);
    const FilePlace where = in_file(path, entry.value_place);
    if (entry.kind == YamlEntry::Kind::nothing || entry.kind == YamlEntry::Kind::empty_map)
        return refuse(where, name + " has no value", "give it one, or remove the line");
    const bool sequence = entry.kind == YamlEntry::Kind::sequence;
    if (takes_list(info.type) && !sequence)
        return refuse(where, name + " takes a list", "write [" + entry.values.front().text + ']');
    if (!takes_list(info.type) && sequence)
        return refuse(where, name + " takes one value, not a list");
    std::vector<std::string> all;
    for (const YamlScalar &scalar : entry.values) {
        auto value = parse_value(info, scalar.text);
        if (!value)
            return refuse(in_file(path, scalar.place), value.error().subject + ": " + value.error().cause,
                          value.error().hint);
        if (!sequence)
            return value;
        for (std::string &word : std::get<std::vector<std::string>>(*value))
            all.push_back(std::move(word));
    }
    return all;
}

Result<void> check_role(const KeyInfo &info, FileRole role, const FilePlace &where)
{
    if (role == FileRole::profile && info.key == Key::profile)
        return refuse(where, "a profile cannot name another profile");
    if (role == FileRole::project && info.project == ProjectRule::forbidden)
        return refuse(where, std::string(info.name) + " is not taken from a project file",
                      "a project may only tighten limits and name a profile; set it in ~/.config/dbgscope/config.yaml");
    return {};
}

} // namespace

Result<ConfigText> read_config(const std::string &path)
{
    auto fd = open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY | O_NONBLOCK); // a FIFO must not block
    if (!fd) {
        fd.error().operation = "read";
        return pass(fd);
    }
    struct stat status = {};
    if (::fstat(fd->get(), &status) != 0)
        return fail(errno_error(errno, "read", path));
    if (S_ISDIR(status.st_mode))
        return refuse({.file = path}, "is a directory, not a file");
    if (!S_ISREG(status.st_mode))
        return refuse({.file = path}, "is not a regular file");
    ConfigText out{{}, status.st_uid};
    std::array<char, 4096> block; // NOLINT: filled by read
    for (;;) {
        const ssize_t got = ::read(fd->get(), block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(errno_error(errno, "read", path));
        if (got == 0)
            return out;
        out.text.append(block.data(), static_cast<std::size_t>(got));
        if (out.text.size() > kMaxConfigBytes)
            return refuse({.file = path}, "larger than 64 KiB", "is this the right file?");
    }
}

Result<std::vector<FileSetting>> parse_settings(const std::string &text, const std::string &path, FileRole role)
{
    auto entries = parse_yaml(text, path);
    if (!entries)
        return pass(entries);
    std::vector<FileSetting> settings;
    settings.reserve(entries->size());
    for (const YamlEntry &entry : *entries) {
        const KeyInfo *info = find_key(entry.key);
        if (info == nullptr) {
            const bool bare_section =
                entry.kind == YamlEntry::Kind::nothing || entry.kind == YamlEntry::Kind::empty_map;
            if (bare_section && !names_below(entry.key).empty())
                continue; // "memory:" with every line below it commented out
            return unknown_key(entry, in_file(path, entry.key_place));
        }
        if (auto allowed = check_role(*info, role, in_file(path, entry.key_place)); !allowed)
            return pass(allowed);
        auto value = value_of(*info, entry, path);
        if (!value)
            return pass(value);
        settings.push_back(
            {info->key, std::move(*value), place_text(path, entry.value_place), in_file(path, entry.value_place)});
    }
    return settings;
}

bool trusted_owner(unsigned uid)
{
    return uid == 0 || uid == ::geteuid();
}

Result<void> check_commands(const std::vector<FileSetting> &settings, unsigned owner_uid)
{
    for (const FileSetting &setting : settings)
        if (!trusted_owner(owner_uid) && !command_among(setting.key, setting.value).empty())
            return refuse(setting.place,
                          "a command in a file of user " + std::to_string(owner_uid) + ", neither you nor root",
                          "it would be run as you");
    return {};
}

} // namespace dbgscope
