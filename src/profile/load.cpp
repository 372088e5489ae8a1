// SPDX-License-Identifier: Apache-2.0
#include "profile/load.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "profile/key_names.hpp"
#include "profile/profile_store.hpp"
#include "profile/reaction.hpp"
#include "profile/settings_file.hpp"
#include "profile/tighten.hpp"

namespace dbgscope {
namespace {

/// Variables of the DBGSCOPE_ family that are no keys: the session's id, what a command of `on:` is told
/// (DBGSCOPE_EVENT…), and what the build and test scripts use (DBGSCOPE_TEST… and DBGSCOPE_VM… too).
constexpr std::array<std::string_view, 7> kOwnVariables{"DBGSCOPE_SESSION",    "DBGSCOPE_BUILD",    "DBGSCOPE_BIN",
                                                        "DBGSCOPE_CACHE",      "DBGSCOPE_MUST_RUN", "DBGSCOPE_PROGRAMS",
                                                        "DBGSCOPE_PROGRAMS_GO"};

bool own_variable(std::string_view name)
{
    return std::ranges::find(kOwnVariables, name) != kOwnVariables.end() || name.starts_with("DBGSCOPE_TEST") ||
           name.starts_with("DBGSCOPE_VM") || name.starts_with("DBGSCOPE_EVENT");
}

class Merger {
  public:
    explicit Merger(const LayerSources &sources) : sources_(sources)
    {
        for (const std::string &dir : sources.closed_dirs)
            warnings_.push_back(dir + " may not be searched by this user: settings below it are left out");
    }
    Loaded take() { return {std::move(settings_), std::move(warnings_)}; }

    Result<void> builtin()
    {
        if (auto done = tool_profile("default"); !done)
            return done;
        if (sources_.builtin_profile.empty() || sources_.builtin_profile == "default")
            return {};
        return tool_profile(sources_.builtin_profile);
    }

    Result<void> file(Layer layer, const std::string &path)
    {
        if (path.empty())
            return {};
        auto config = read_config(path);
        if (!config && config.error().kind == ErrorKind::denied) {
            leave_out(config.error());
            return {};
        }
        if (!config)
            return pass(config);
        if (layer == Layer::project && !trusted_owner(config->owner_uid))
            return ignore_foreign(path, config->owner_uid);
        auto values =
            parse_settings(config->text, path, layer == Layer::project ? FileRole::project : FileRole::config);
        if (!values)
            return pass(values);
        if (auto allowed = check_commands(*values, config->owner_uid); !allowed)
            return allowed;
        return layer_of(layer, std::move(*values));
    }

    Result<void> project()
    {
        struct stat status = {};
        const std::string &path = sources_.project_file;
        // The link itself too: anybody can put a link to somebody's file into /tmp.
        if (!path.empty() && ::lstat(path.c_str(), &status) == 0 && !trusted_owner(status.st_uid))
            return ignore_foreign(path, status.st_uid);
        return file(Layer::project, path);
    }

    Result<void> environment()
    {
        std::vector<FileSetting> values;
        for (const auto &[name, text] : sources_.environment) {
            if (own_variable(name) || text.empty()) // empty counts as unset, as editors and CI files leave it
                continue;
            const auto info = std::ranges::find_if(
                key_table(), [&](const KeyInfo &candidate) { return variable_name(candidate) == name; });
            if (info == key_table().end()) {
                warn_unknown(name);
                continue;
            }
            KeyInfo called = *info; // an error names what the user wrote
            called.name = name;
            auto value = parse_variable(called, text);
            if (!value)
                return pass(value);
            if (auto allowed = check_command(info->key, *value, name); !allowed)
                return allowed;
            values.push_back({info->key, std::move(*value), name});
        }
        return layer_of(Layer::environment, std::move(values));
    }

    Result<void> options()
    {
        std::vector<FileSetting> values;
        for (const KeyInfo &info : key_table())
            if (const Setting *setting = sources_.options.find(info.key); setting != nullptr) {
                if (auto allowed = check_command(info.key, setting->value, setting->origin.where); !allowed)
                    return allowed;
                values.push_back({info.key, setting->value, setting->origin.where});
            }
        return layer_of(Layer::option, std::move(values));
    }

  private:
    static Result<void> check_command(Key key, const Value &value, const std::string &where)
    {
        const std::string command = command_among(key, value);
        if (command.empty())
            return {};
        return fail({.kind = ErrorKind::usage,
                     .operation = "take",
                     .subject = '"' + command + "\" from " + where,
                     .cause = "a command to be run is taken from configuration files alone",
                     .hint = "write it below on: in ~/.config/dbgscope/config.yaml"});
    }

    /// A list in a variable has one item a line: commas and spaces belong to NAME=VALUE items.
    static Result<Value> parse_variable(const KeyInfo &info, std::string_view text)
    {
        if (info.type != ValueType::list)
            return parse_value(info, text);
        std::vector<std::string> items;
        for (std::string_view rest = text; !rest.empty();) {
            const auto end = rest.find('\n');
            if (end != 0) {
                auto item = parse_value(info, rest.substr(0, end));
                if (!item)
                    return item;
                items.push_back(std::move(std::get<std::vector<std::string>>(*item).front()));
            }
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        }
        return items;
    }

    void warn_unknown(const std::string &name)
    {
        std::vector<std::string> names;
        for (const KeyInfo &info : key_table())
            names.push_back(variable_name(info));
        const std::string near = suggest(name, names);
        warnings_.push_back("unknown variable " + name + ": ignored" +
                            (near.empty() ? "" : " (did you mean " + near + "?)"));
    }

    Result<void> ignore_foreign(const std::string &path, unsigned uid)
    {
        warnings_.push_back(path + ": belongs to user " + std::to_string(uid) + ", neither you nor root: ignored");
        return {};
    }

    /// The layer's own values, with the profile it names just below them.
    Result<void> layer_of(Layer layer, std::vector<FileSetting> values)
    {
        for (const FileSetting &setting : values)
            if (setting.key == Key::profile)
                if (auto done = include(layer, std::get<std::string>(setting.value), setting.where); !done)
                    return done;
        for (FileSetting &setting : values)
            apply(layer, std::move(setting), {});
        return {};
    }

    void leave_out(const Error &error) { warnings_.push_back(to_line(error) + ": left out"); }

    /// Nobody has named it: where a file of that name is closed to this user, the one that was shipped does.
    Result<void> tool_profile(const std::string &name)
    {
        auto done = include(Layer::builtin, name, {});
        if (done || done.error().kind != ErrorKind::denied)
            return done;
        leave_out(done.error());
        for (const BuiltinProfile &shipped : builtin_profiles())
            if (shipped.name == name)
                return apply_all(Layer::builtin, builtin_settings(shipped), {});
        return {};
    }

    Result<void> apply_all(Layer layer, Result<std::vector<FileSetting>> values, const std::string &named_by)
    {
        if (!values)
            return pass(values);
        for (FileSetting &setting : *values)
            apply(layer, std::move(setting), named_by);
        return {};
    }

    Result<void> include(Layer layer, const std::string &name, const std::string &named_by)
    {
        auto values = find_profile(sources_.profile_dirs, name);
        if (!values) {
            if (!named_by.empty())
                values.error().subject = values.error().subject + ", named by " + named_by;
            if (layer == Layer::environment || layer == Layer::option)
                values.error().kind = ErrorKind::usage;
            return pass(values);
        }
        return apply_all(layer, std::move(values), named_by);
    }

    void apply(Layer layer, FileSetting setting, const std::string &named_by)
    {
        const KeyInfo &info = key_info(setting.key);
        const Setting *below = settings_.find(setting.key);
        const bool limited = layer == Layer::project && info.project == ProjectRule::tighten;
        if (limited && !tightens(info, setting.value, below == nullptr ? nullptr : &below->value)) {
            warnings_.push_back(
                setting.where + (named_by.empty() ? "" : ", named by " + named_by) + ": " + std::string(info.name) +
                ' ' + format_value(info, setting.value) + " is ignored: a project file may only tighten, and " +
                (below == nullptr ? "nothing is set below it"
                                  : "it is " + format_value(info, below->value) + " from " + below->origin.where));
            return;
        }
        const bool adds = info.type == ValueType::list || (limited && info.type == ValueType::choices);
        if (adds && below != nullptr) {
            auto all = std::get<std::vector<std::string>>(below->value);
            for (std::string &item : std::get<std::vector<std::string>>(setting.value))
                if (info.type == ValueType::list || std::ranges::find(all, item) == all.end())
                    all.push_back(std::move(item));
            setting.value = std::move(all);
            setting.where = below->origin.where + ", " + setting.where;
        }
        settings_.set(setting.key, {std::move(setting.value), {layer, std::move(setting.where)}});
    }

    const LayerSources &sources_;
    Settings settings_;
    std::vector<std::string> warnings_;
};

} // namespace

Result<Loaded> load_settings(const LayerSources &sources)
{
    Merger merger(sources);
    auto done = merger.builtin();
    if (done)
        done = merger.file(Layer::system, sources.system_file);
    if (done)
        done = merger.file(Layer::user, sources.user_file);
    if (done)
        done = merger.project();
    if (done)
        done = merger.environment();
    if (done)
        done = merger.options();
    if (!done)
        return pass(done);
    return merger.take();
}

} // namespace dbgscope
