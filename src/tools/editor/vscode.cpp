// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/vscode.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "tools/editor/jsonc_edit.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kFolder = "${workspaceFolder}";
constexpr int kGdbserverPort = 3333;

bool has(const JsonNode &configuration, std::string_view key, std::string_view value)
{
    const JsonNode *member = configuration.find(key);
    return member != nullptr && member->string() == value;
}

/// Edits one text step by step; each step reads the text anew, so that offsets are always of what is there.
class LaunchFile {
  public:
    LaunchFile(std::string_view text, const std::string &file, const LaunchWish &wish)
        : text_(text), file_(file), wish_(wish)
    {
    }

    Result<Edited> edited()
    {
        auto done = check_list();
        if (done)
            done = add_go();
        if (done)
            done = add_cppdbg();
        const std::size_t count = done ? configurations(root()).size() : 0;
        for (std::size_t i = 0; done && i < count; ++i)
            done = change(i);
        if (!done)
            return pass(done);
        return Edited{std::move(text_), std::move(notes_)};
    }

  private:
    [[nodiscard]] JsonNode root() const
    {
        auto parsed = parse_jsonc(text_, file_);
        return parsed && *parsed ? std::move(**parsed) : JsonNode{.kind = JsonKind::object};
    }

    static std::vector<JsonNode> configurations(const JsonNode &root)
    {
        const JsonNode *list = root.find("configurations");
        return list == nullptr ? std::vector<JsonNode>{} : list->children;
    }

    [[nodiscard]] std::unexpected<Error> refuse(const JsonNode &node, std::string cause) const
    {
        return fail(error_at(text_, file_, node.begin, std::move(cause), "change it by hand"));
    }

    Result<void> check_list() const
    {
        const auto parsed = parse_jsonc(text_, file_);
        if (!parsed)
            return fail(parsed.error());
        if (!*parsed)
            return {};
        if ((*parsed)->kind != JsonKind::object)
            return refuse(**parsed, "launch.json holds an object");
        const JsonNode *list = (*parsed)->find("configurations");
        if (list != nullptr && list->kind != JsonKind::array)
            return refuse(*list, "\"configurations\" is no list");
        return {};
    }

    Result<void> set(const std::vector<std::string> &path, const Json &value)
    {
        auto splices = set_member(text_, file_, path, value);
        if (!splices)
            return pass(splices);
        text_ = apply_splices(text_, *splices);
        return {};
    }

    Result<void> add_configuration(const Json &configuration)
    {
        const JsonNode now = root();
        if (const JsonNode *list = now.find("configurations")) {
            text_ = apply_splices(text_, append_element(text_, *list, configuration));
            return {};
        }
        if (now.find("version") == nullptr)
            if (auto versioned = set({"version"}, "0.2.0"); !versioned)
                return versioned;
        return set({"configurations"}, Json::array({configuration}));
    }

    Result<void> add_go()
    {
        const auto all = configurations(root());
        const auto launches = [](const JsonNode &each) {
            return has(each, "type", "go") && has(each, "request", "launch");
        };
        if (!wish_.go_module || std::ranges::any_of(all, launches))
            return {};
        return add_configuration({{"name", "Launch package"},
                                  {"type", "go"},
                                  {"request", "launch"},
                                  {"mode", "auto"},
                                  {"program", "${fileDirname}"}});
    }

    /// debugServerArgs is one string, split as a command line: words in double quotes.
    static std::string server_arguments(const std::string &program, const JsonNode *arguments)
    {
        const auto quoted = [](std::string_view word) {
            std::string out = "\"";
            for (const char c : word)
                out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
            return out + '"';
        };
        std::string line = fmt::format("gdbserver --once :{} {}", kGdbserverPort, quoted(program));
        for (const JsonNode &word : arguments == nullptr ? std::vector<JsonNode>{} : arguments->children)
            if (word.string())
                line += ' ' + quoted(*word.string());
        return line;
    }

    Result<void> add_cppdbg()
    {
        const auto all = configurations(root());
        const auto cppdbg = [](const JsonNode &each) {
            return has(each, "type", "cppdbg") && has(each, "request", "launch");
        };
        const auto served = [](const JsonNode &each) { return each.find("debugServerPath") != nullptr; };
        if (!wish_.c_project || std::ranges::any_of(all, served))
            return {};
        const auto model = std::ranges::find_if(all, cppdbg);
        const JsonNode *named = model == all.end() ? nullptr : model->find("program");
        std::string program = named != nullptr && named->string() ? std::string(*named->string()) : "";
        const JsonNode *arguments = program.empty() ? nullptr : model->find("args");
        if (!wish_.program.empty() && wish_.program != program) {
            program = wish_.program.starts_with('/') || wish_.program.starts_with('$')
                          ? wish_.program
                          : fmt::format("{}/{}", kFolder, wish_.program);
            arguments = nullptr;
        }
        if (program.empty()) {
            notes_.emplace_back(
                "this is a C or C++ project: with --program=FILE a cppdbg configuration for FILE is added");
            return {};
        }
        notes_.push_back(fmt::format("gdbserver listens on every address of this machine, port {}, whatever host it is "
                                     "given: behind no firewall, others can reach it",
                                     kGdbserverPort));
        // MIEngine reads stdout unless told otherwise, and gdbserver speaks on stderr; without a pattern the first line
        // would count as ready.
        return add_configuration({{"name", "Launch in dbgscope (gdbserver)"},
                                  {"type", "cppdbg"},
                                  {"request", "launch"},
                                  {"program", program},
                                  {"cwd", kFolder},
                                  {"MIMode", "gdb"},
                                  {"miDebuggerServerAddress", fmt::format("127.0.0.1:{}", kGdbserverPort)},
                                  {"debugServerPath", wish_.dbgscope},
                                  {"debugServerArgs", server_arguments(program, arguments)},
                                  {"serverStarted", "Listening on port"},
                                  {"filterStderr", true}});
    }

    /// Sets a member of configuration `index`; nothing when it is there with that value.
    Result<void> set_in(std::size_t index, const std::string &object, const std::string &key, const std::string &value)
    {
        const JsonNode now = root();
        const JsonNode &configuration = now.find("configurations")->children[index];
        const JsonNode *outer = configuration.find(object);
        if (outer == nullptr) {
            text_ = apply_splices(text_, append_member(text_, configuration, object, Json{{key, value}}));
            return {};
        }
        if (outer->kind != JsonKind::object)
            return refuse(*outer, fmt::format("\"{}\" is no object", object));
        const JsonNode *member = outer->find(key);
        if (member == nullptr)
            text_ = apply_splices(text_, append_member(text_, *outer, key, value));
        else if (member->string() != value)
            text_ = apply_splices(text_, {{member->begin, member->end - member->begin, json_quoted(value)}});
        return {};
    }

    Result<void> add_substitution(std::size_t index, const std::string &from, const std::string &to)
    {
        const JsonNode now = root();
        const JsonNode &configuration = now.find("configurations")->children[index];
        const Json pair{{"from", from}, {"to", to}};
        const JsonNode *list = configuration.find("substitutePath");
        if (list == nullptr) {
            text_ = apply_splices(text_, append_member(text_, configuration, "substitutePath", Json::array({pair})));
            return {};
        }
        if (list->kind != JsonKind::array)
            return refuse(*list, "\"substitutePath\" is no list");
        if (std::ranges::none_of(list->children, [&](const JsonNode &each) { return has(each, "from", from); }))
            text_ = apply_splices(text_, append_element(text_, *list, pair));
        return {};
    }

    Result<void> change(std::size_t index)
    {
        const JsonNode configuration = configurations(root())[index];
        if (!has(configuration, "type", "go"))
            return {};
        const bool launch = has(configuration, "request", "launch");
        Result<void> done;
        for (const auto &[name, value] : wish_.environment)
            if (done && launch)
                done = set_in(index, "env", name, value);
        for (const auto &[from, to] : wish_.substitute_paths)
            if (done)
                done = add_substitution(index, from, to);
        if (done && !wish_.real_folder.empty() && !has(configuration, "mode", "remote"))
            done = add_substitution(index, std::string(kFolder), wish_.real_folder);
        return done;
    }

    std::string text_;
    const std::string &file_;
    const LaunchWish &wish_;
    std::vector<std::string> notes_;
};

} // namespace

Result<Edited> edit_vscode_settings(std::string_view text, const std::string &file, const std::string &dlv_link)
{
    Edited out;
    const std::vector<std::string> path{"go.alternateTools", "dlv"};
    auto splices = set_member(text, file, path, dlv_link);
    if (!splices)
        return pass(splices);
    const auto root = parse_jsonc(text, file);
    const JsonNode *tools = *root ? (*root)->find(path[0]) : nullptr;
    const JsonNode *old = tools == nullptr ? nullptr : tools->find(path[1]);
    if (old != nullptr && old->string() && old->string() != dlv_link)
        out.notes.push_back(fmt::format("to go on using {}, write \"debuggers: {{dlv: {}}}\" into "
                                        "~/.config/dbgscope/config.yaml",
                                        old->text, old->text));
    out.text = apply_splices(text, *splices);
    return out;
}

Result<Edited> edit_vscode_launch(std::string_view text, const std::string &file, const LaunchWish &wish)
{
    return LaunchFile(text, file, wish).edited();
}

} // namespace dbgscope
