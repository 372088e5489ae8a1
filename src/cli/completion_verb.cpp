// SPDX-License-Identifier: Apache-2.0
#include "cli/completion_verb.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion_scripts.hpp"
#include "cli/completion_tree.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"

namespace dbgscope {
namespace {

using Kind = VerbEntry::Kind;
using Words = std::vector<std::string>;

/// How the helpers of the scripts (completion_scripts.hpp) call an offer.
constexpr std::string_view kOfferNames[] = {"nothing", "words",    "files",    "directories", "users",
                                            "groups",  "commands", "profiles", "sessions"};

std::string_view name_of(Offer offer)
{
    return kOfferNames[static_cast<std::size_t>(offer)];
}

/// Puts `text` where the template says `mark`.
void fill(std::string &script, std::string_view mark, std::string_view text)
{
    for (auto at = script.find(mark); at != std::string::npos; at = script.find(mark, at + text.size()))
        script.replace(at, mark.size(), text);
}

/// `text` with a backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special)
{
    std::string out;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos)
            out += '\\';
        out += c;
    }
    return out;
}

/// For the inside of '…' in bash and zsh.
std::string quoted(std::string text)
{
    fill(text, "'", "'\\''");
    return text;
}

Words names_of(Kind kind, const std::vector<VerbEntry> &verbs)
{
    Words names;
    for (const VerbEntry &verb : verbs)
        if (verb.kind == kind)
            names.push_back(verb.name);
    return names;
}

// bash

/// "words auto off", "files", …: what _dbgscope_offer takes.
std::string bash_offer(Offer offer, const Words &words)
{
    return offer == Offer::words ? fmt::format("words {}", fmt::join(words, " ")) : std::string(name_of(offer));
}

std::string bash_options(const std::vector<OptionEntry> &options, bool hidden)
{
    Words words;
    for (const OptionEntry &option : options)
        if (option.hidden == hidden)
            for (const std::string &name : option.names)
                words.push_back(name + (option.takes_value && name.starts_with("--") ? "=" : ""));
    return fmt::format("{}", fmt::join(words, " "));
}

std::string bash_values(const std::vector<OptionEntry> &options, std::string_view verb)
{
    std::string lines;
    for (const OptionEntry &option : options) {
        if (!option.takes_value)
            continue;
        Words patterns;
        for (const std::string &name : option.names)
            patterns.push_back(fmt::format("{}:{}", verb, name));
        lines +=
            fmt::format("    {}) echo '{}' ;;\n", fmt::join(patterns, " | "), bash_offer(option.offer, option.words));
    }
    return lines;
}

std::string bash_script()
{
    const auto common = common_options();
    const auto verbs = verb_entries();
    std::string own_options, builtin_options, own_values, operands;
    Words names;
    for (const VerbEntry &verb : verbs) {
        names.push_back(verb.name);
        const std::string options = bash_options(verb.options, false);
        if (verb.kind == Kind::own) {
            own_options += fmt::format("    {}) echo '{}'; return ;;\n", verb.name, options);
            own_values += bash_values(verb.options, verb.name) + fmt::format("    {}:*) return 1 ;;\n", verb.name);
        } else if (!options.empty()) {
            builtin_options += fmt::format("    {}) echo '{}' ;;\n", verb.name, options);
        }
        for (const OperandEntry &operand : verb.operands)
            operands +=
                fmt::format("    {}:{}) _dbgscope_offer '{}' \"$3\" ;;\n", verb.name,
                            operand.after.empty() ? "*" : operand.after, bash_offer(operand.offer, operand.words));
    }
    std::string script(kBashScript);
    fill(script, "@OWN_OPTIONS@", own_options + builtin_options);
    fill(script, "@HIDDEN@", bash_options(common, true));
    fill(script, "@COMMON@", bash_options(common, false));
    fill(script, "@VALUES@", own_values + bash_values(common, "*"));
    fill(script, "@OPERANDS@", operands);
    fill(script, "@VERBS@", fmt::format("{}", fmt::join(names, " ")));
    fill(script, "@TOOLS@", fmt::format("{}", fmt::join(names_of(Kind::tool, verbs), " | ")));
    return script;
}

// zsh

std::string zsh_action(Offer offer, const Words &words)
{
    switch (offer) {
    case Offer::words: return fmt::format("({})", fmt::join(words, " "));
    case Offer::files: return "_files";
    case Offer::directories: return "_files -/";
    case Offer::users: return "_users";
    case Offer::groups: return "_groups";
    case Offer::commands: return "_command_names -e";
    case Offer::profiles:
    case Offer::sessions: return fmt::format("_dbgscope_{}", name_of(offer));
    case Offer::nothing: break;
    }
    return " ";
}

/// One line of _arguments for each spelling, as its manual wants them: '(-u --unit)--unit=[help]:NAME: '.
std::string zsh_options(const std::vector<OptionEntry> &options, bool hidden)
{
    std::string lines;
    for (const OptionEntry &option : options) {
        if (option.hidden != hidden)
            continue;
        for (const std::string &name : option.names) {
            std::string line = option.repeats             ? "*"
                               : option.names.size() == 1 ? ""
                                                          : fmt::format("({})", fmt::join(option.names, " "));
            line += name;
            if (option.takes_value)
                line += name.starts_with("--") ? "=" : "+";
            line += fmt::format("[{}]", escaped(option.help, "[]\\"));
            if (option.takes_value)
                line += fmt::format(":{}:{}", escaped(option.metavar, ":\\"), zsh_action(option.offer, option.words));
            lines += fmt::format("    '{}'\n", quoted(line));
        }
    }
    return lines;
}

std::string zsh_operands(const VerbEntry &verb)
{
    std::string lines;
    for (const OperandEntry &operand : verb.operands) {
        if (operand.offer == Offer::nothing)
            continue;
        const std::string action = operand.offer == Offer::words
                                       ? fmt::format("compadd - {}", fmt::join(operand.words, " "))
                                       : zsh_action(operand.offer, operand.words);
        lines += fmt::format("            {}) {} && ret=0 ;;\n", operand.after.empty() ? "*" : operand.after, action);
    }
    return lines;
}

std::string zsh_script()
{
    const auto verbs = verb_entries();
    std::string descriptions, cases;
    for (const VerbEntry &verb : verbs) {
        descriptions += fmt::format("    '{}:{}'\n", verb.name, quoted(escaped(verb.help, ":\\")));
        if (verb.kind == Kind::tool || verb.kind == Kind::run)
            continue;
        cases += fmt::format("        {})\n            options=(\n{}            )\n", verb.name,
                             zsh_options(verb.options, false));
        if (verb.kind == Kind::builtin)
            cases += "            options+=($common)\n";
        cases += "            _arguments -S $options '*: :->operand' && ret=0\n";
        if (!verb.operands.empty())
            cases += fmt::format("            [[ $state == operand ]] && case ${{${{words[1,CURRENT-1]:#-*}}[-1]}} "
                                 "in\n{}            esac\n",
                                 zsh_operands(verb));
        cases += "            ;;\n";
    }
    std::string script(kZshScript);
    fill(script, "@COMMON@", zsh_options(common_options(), false));
    fill(script, "@HIDDEN@", zsh_options(common_options(), true));
    fill(script, "@VERBS@", descriptions);
    fill(script, "@CASES@", cases);
    fill(script, "@TOOLS@", fmt::format("{}", fmt::join(names_of(Kind::tool, verbs), " | ")));
    return script;
}

// fish

/// For the inside of '…' in fish, where a backslash escapes.
std::string fish_quoted(std::string_view text)
{
    return escaped(text, "'\\");
}

std::string fish_offer(Offer offer, const Words &words)
{
    switch (offer) {
    case Offer::words: return fmt::format("'{}'", fmt::join(words, " "));
    case Offer::files: return "'(__fish_complete_path (commandline -ct))'";
    case Offer::directories: return "'(__fish_complete_directories (commandline -ct))'";
    case Offer::commands: return "'(complete -C (commandline -ct))'";
    case Offer::users:
    case Offer::groups: return fmt::format("'(__fish_complete_{})'", name_of(offer));
    case Offer::profiles:
    case Offer::sessions: return fmt::format("'(__dbgscope_{})'", name_of(offer));
    case Offer::nothing: break;
    }
    return "";
}

std::string fish_options(const std::vector<OptionEntry> &options, std::string_view condition)
{
    std::string lines;
    for (const OptionEntry &option : options) {
        std::string line =
            fmt::format("complete -c dbgscope -n '{}{}'", condition, option.hidden ? "; and __dbgscope_negating" : "");
        for (const std::string &name : option.names)
            line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (option.takes_value)
            line += option.offer == Offer::files ? " -r -F" : " -x";
        if (option.takes_value && option.offer != Offer::files && option.offer != Offer::nothing)
            line += " -a " + fish_offer(option.offer, option.words);
        lines += fmt::format("{} -d '{}'\n", line, fish_quoted(option.help));
    }
    return lines;
}

/// The options that take the next word, for finding the verb behind them.
std::string fish_takers(const std::vector<OptionEntry> &options)
{
    Words names;
    for (const OptionEntry &option : options)
        if (option.takes_value)
            names.insert(names.end(), option.names.begin(), option.names.end());
    return fmt::format("{}", fmt::join(names, " "));
}

/// The condition for every word that an operand of its own may follow.
std::string fish_after(const VerbEntry &verb)
{
    Words words;
    for (const OperandEntry &operand : verb.operands)
        if (!operand.after.empty())
            words.push_back(operand.after);
    return fmt::format("__dbgscope_after {}", fmt::join(words, " "));
}

std::string fish_script()
{
    const auto verbs = verb_entries();
    const auto common = common_options();
    std::string takers = fish_takers(common);
    std::string lines = fish_options(common, "__dbgscope_common");
    for (const VerbEntry &verb : verbs) {
        const std::string here = "__dbgscope_in " + verb.name;
        lines += fmt::format("complete -c dbgscope -n 'not __dbgscope_in' -a {} -d '{}'\n", verb.name,
                             fish_quoted(verb.help));
        lines += fish_options(verb.options, here);
        for (const OperandEntry &operand : verb.operands)
            if (operand.offer != Offer::nothing)
                lines +=
                    fmt::format("complete -c dbgscope -n '{}; and {}' -a {}\n", here,
                                operand.after.empty() ? "not " + fish_after(verb) : "__dbgscope_after " + operand.after,
                                fish_offer(operand.offer, operand.words));
        if (const std::string more = fish_takers(verb.options); !more.empty())
            takers += " " + more;
    }
    std::string script(kFishScript);
    fill(script, "@TAKERS@", takers);
    fill(script, "@TOOLS@", fmt::format("{}", fmt::join(names_of(Kind::tool, verbs), " ")));
    fill(script, "@BUILTINS@", fmt::format("{}", fmt::join(names_of(Kind::builtin, verbs), " ")));
    return script + lines;
}

} // namespace

std::string completion_script(std::string_view shell)
{
    if (shell == "bash")
        return bash_script();
    if (shell == "zsh")
        return zsh_script();
    if (shell == "fish")
        return fish_script();
    return {};
}

void declare_completion(CLI::App &app)
{
    add_value(app, "SHELL", "bash|zsh|fish", "The shell to print a completion script for", Times::required);
}

Result<int> completion_verb(const CLI::App &parsed, const Invocation &)
{
    const std::string shell = option_value(parsed, "SHELL");
    const std::string script = completion_script(shell);
    if (script.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "complete",
                     .subject = "for the shell \"" + shell + '"',
                     .cause = "no script for it",
                     .hint = "dbgscope completion bash|zsh|fish"});
    if (auto printed = print(script); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
