// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/devcontainer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "text/values.hpp"
#include "tools/editor/jsonc_edit.hpp"

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kCapability = "SYS_PTRACE";
constexpr std::string_view kDockerOption = "writable-cgroups";
constexpr std::string_view kPodmanOption = "unmask=";

Words strings_of(const JsonNode &root, std::string_view key)
{
    Words words;
    const JsonNode *list = root.find(key);
    for (const JsonNode &child : list == nullptr ? std::vector<JsonNode>{} : list->children)
        words.emplace_back(child.string().value_or(""));
    return words;
}

/// What `option` is given in a command line: "--option=VALUE", or in the word behind "--option".
Words values_of(const Words &line, std::string_view option)
{
    Words values;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == option && i + 1 < line.size())
            values.push_back(line[++i]);
        else if (line[i].starts_with(option) && line[i].size() > option.size() && line[i][option.size()] == '=')
            values.push_back(line[i].substr(option.size() + 1));
    }
    return values;
}

/// What the words of a list that podman takes hold: "SYS_PTRACE,NET_ADMIN".
Words parts_of(const Words &lists)
{
    Words parts;
    for (const std::string &list : lists)
        for (std::size_t begin = 0; begin <= list.size();) {
            const std::size_t end = std::min(list.find(',', begin), list.size());
            parts.push_back(list.substr(begin, end - begin));
            begin = end + 1;
        }
    return parts;
}

/// "writable-cgroups", and as Docker separates a value from it, '=' or the older ':'.
bool decides_on_cgroups(std::string_view option)
{
    return option == kDockerOption ||
           (option.starts_with(kDockerOption) && std::string_view("=:").contains(option[kDockerOption.size()]));
}

/// Whether that value is one that Go's ParseBool, and so Docker, takes for false.
bool leaves_cgroups_closed(std::string_view option)
{
    option.remove_prefix(std::min(kDockerOption.size() + 1, option.size()));
    return option == "0" || option == "f" || option == "F" || option == "false" || option == "FALSE" ||
           option == "False";
}

/// "unmask=/proc/acpi:/sys/fs/cgroup", "unmask=ALL"
bool unmasks_cgroups(std::string_view option)
{
    if (!option.starts_with(kPodmanOption))
        return false;
    option.remove_prefix(kPodmanOption.size());
    while (!option.empty()) {
        const std::string_view path = option.substr(0, option.find(':'));
        if (values::same_word(path, "ALL") || path == "/sys/fs/cgroup")
            return true;
        option.remove_prefix(std::min(path.size() + 1, option.size()));
    }
    return false;
}

/// Edits one text step by step; each step reads the text anew, so that offsets are always of what is there.
class Devcontainer {
  public:
    Devcontainer(std::string_view text, const std::string &file, const DevcontainerWish &wish)
        : text_(text), file_(file), wish_(wish)
    {
    }

    Result<Edited> edited()
    {
        if (auto sound = check(); !sound)
            return pass(sound);
        const std::string before = text_;
        if (is_privileged())
            return Edited{std::move(text_), {"the container is privileged: nothing more is needed"}};
        if (has_docker_inside())
            return Edited{std::move(text_),
                          {"its feature docker-in-docker makes the container privileged: nothing more is needed"}};
        Result<void> done = wish_.privileged ? set("privileged", true) : add_rights();
        if (!done)
            return pass(done);
        if (text_ != before)
            add_notes();
        return Edited{std::move(text_), std::move(notes_)};
    }

  private:
    /// After check(): it can be read.
    [[nodiscard]] JsonNode root() const { return std::move(**parse_jsonc(text_, file_)); }
    [[nodiscard]] bool composed() const { return root().find("dockerComposeFile") != nullptr; }

    [[nodiscard]] std::unexpected<Error> refuse(const JsonNode &node, std::string cause) const
    {
        return fail(error_at(text_, file_, node.begin, std::move(cause), "change it by hand"));
    }

    Result<void> check() const
    {
        const auto parsed = parse_jsonc(text_, file_);
        if (!parsed)
            return fail(parsed.error());
        if (!*parsed || (*parsed)->kind != JsonKind::object)
            return refuse(*parsed ? **parsed : JsonNode{}, "devcontainer.json holds an object");
        for (const char *key : {"runArgs", "capAdd", "securityOpt"})
            if (const JsonNode *list = (*parsed)->find(key); list != nullptr && list->kind != JsonKind::array)
                return refuse(*list, fmt::format("\"{}\" is no list", key));
        return {};
    }

    [[nodiscard]] bool is_privileged() const
    {
        const JsonNode now = root();
        const JsonNode *member = now.find("privileged");
        const auto says_so = [](const std::string &word) {
            return word == "--privileged" || word == "--privileged=true";
        };
        return (member != nullptr && member->is_literal("true")) ||
               (!composed() && std::ranges::any_of(strings_of(now, "runArgs"), says_so));
    }

    /// That feature asks for "privileged" itself; by the name it has in any registry: ".../docker-in-docker:2".
    [[nodiscard]] bool has_docker_inside() const
    {
        const JsonNode now = root();
        const JsonNode *features = now.find("features");
        return features != nullptr && std::ranges::any_of(features->children, [](const JsonNode &feature) {
                   const std::string_view name = feature.key;
                   const std::string_view last = name.substr(name.rfind('/') + 1);
                   return last.substr(0, last.find_first_of(":@")) == "docker-in-docker";
               });
    }

    /// Of `option` on the command line and of the list `key`.
    [[nodiscard]] Words given(std::string_view option, std::string_view key) const
    {
        const JsonNode now = root();
        Words values = strings_of(now, key);
        if (!composed())
            for (std::string &value : values_of(strings_of(now, "runArgs"), option))
                values.push_back(std::move(value));
        return values;
    }

    Result<void> set(const std::string &key, const Json &value)
    {
        auto splices = set_member(text_, file_, {key}, value);
        if (!splices)
            return pass(splices);
        text_ = apply_splices(text_, *splices);
        return {};
    }

    Result<void> append(const std::string &key, const std::string &value)
    {
        const JsonNode now = root();
        const JsonNode *list = now.find(key);
        if (list == nullptr)
            return set(key, Json::array({value}));
        text_ = apply_splices(text_, append_element(text_, *list, value));
        return {};
    }

    Result<void> add(std::string_view option, const std::string &key, const std::string &value)
    {
        return composed() ? append(key, value) : append("runArgs", fmt::format("{}={}", option, value));
    }

    Result<void> add_rights()
    {
        const auto traces = [](const std::string &word) {
            return values::same_word(word, "ALL") || values::same_word(word, kCapability) ||
                   values::same_word(word, fmt::format("CAP_{}", kCapability));
        };
        const auto decides = [this](const std::string &word) {
            return wish_.podman ? unmasks_cgroups(word) : decides_on_cgroups(word);
        };
        Result<void> done;
        if (std::ranges::none_of(parts_of(given("--cap-add", "capAdd")), traces))
            done = add("--cap-add", "capAdd", std::string(kCapability));
        const Words options = given("--security-opt", "securityOpt");
        const auto decided = std::ranges::find_if(options, decides);
        if (done && decided == options.end())
            done = add("--security-opt", "securityOpt",
                       wish_.podman ? fmt::format("{}/sys/fs/cgroup", kPodmanOption)
                                    : fmt::format("{}=true", kDockerOption));
        else if (done && !wish_.podman && leaves_cgroups_closed(*decided))
            notes_.push_back(fmt::format("{} stands there, and is left as it is: no cap is enforced in it", *decided));
        return done;
    }

    void add_notes()
    {
        if (wish_.privileged)
            notes_.emplace_back(
                "a privileged container is hardly kept apart from this machine: only for what is trusted");
        else if (!wish_.podman)
            notes_.emplace_back(
                "Docker before 28 and rootless Docker do not start such a container: --privileged there; one "
                "with userns-remap starts neither, and on cgroup v2 needs neither; --engine=podman for podman");
        else
            notes_.emplace_back("on a machine with cgroup v1 podman's unmask changes nothing: --privileged there");
        const JsonNode now = root();
        const JsonNode *first = now.find("containerUser");
        const JsonNode *user = now.find("remoteUser") != nullptr ? now.find("remoteUser") : first;
        const bool same = first != nullptr && user->string() && user->string() == first->string();
        if (!wish_.podman && (user == nullptr || user->string() != "root"))
            notes_.push_back(fmt::format(
                "{} can make cgroups in the container, and caps hold for what {} starts; for {} the debuggee is "
                "stopped in time all the same",
                same ? "on a machine with cgroup v1 root alone" : "only containerUser (on cgroup v1 root)",
                same ? "root" : "that user",
                user != nullptr && user->string() ? fmt::format("user {}", *user->string())
                                                  : std::string("another user")));
        notes_.emplace_back("then rebuild the container, and install dbgscope in it: \"dbgscope init vscode --write\" "
                            "there makes the editor use it");
    }

    std::string text_;
    const std::string &file_;
    const DevcontainerWish &wish_;
    Words notes_;
};

} // namespace

Result<Edited> edit_devcontainer(std::string_view text, const std::string &file, const DevcontainerWish &wish)
{
    return Devcontainer(text, file, wish).edited();
}

} // namespace dbgscope
