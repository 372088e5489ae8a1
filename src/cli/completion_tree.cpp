// SPDX-License-Identifier: Apache-2.0
#include "cli/completion_tree.hpp"

#include <algorithm>
#include <cctype>

#include <CLI/CLI.hpp>

#include "cli/options.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "debugger/flag_table.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

using Kind = VerbEntry::Kind;

constexpr std::pair<std::string_view, Offer> kMetavars[] = {
    {"FILE", Offer::files},   {"DIR", Offer::directories},  {"USER", Offer::users},
    {"GROUP", Offer::groups}, {"COMMAND", Offer::commands}, {"ID", Offer::sessions},
};

/// "{a,b}" as CLI::IsMember describes itself, or "auto|off|SIZE": the words a person would type.
std::vector<std::string> words_of(std::string_view metavar)
{
    const auto open = metavar.find('{');
    const char separator = open == std::string_view::npos ? '|' : ',';
    if (open != std::string_view::npos)
        metavar = metavar.substr(open + 1, metavar.find('}', open) - open - 1);
    else if (metavar.find('|') == std::string_view::npos)
        return {};
    std::vector<std::string> words;
    while (!metavar.empty()) {
        const auto end = std::min(metavar.find(separator), metavar.size());
        const std::string_view word = metavar.substr(0, end);
        if (!word.empty() && std::isupper(static_cast<unsigned char>(word.front())) == 0)
            words.emplace_back(word);
        metavar.remove_prefix(std::min(end + 1, metavar.size()));
    }
    return words;
}

/// CLI11 writes a validator behind the type: "TEXT:FILE".
Offer offer_of(std::string_view metavar)
{
    metavar.remove_prefix(metavar.rfind(':') + 1); // npos + 1 is 0
    for (const auto &[name, offer] : kMetavars)
        if (metavar == name)
            return offer;
    return Offer::nothing;
}

const KeyInfo *key_of(const CLI::Option &option)
{
    for (const KeyInfo &info : key_table())
        for (const std::string &name : option.get_lnames())
            if ("--" + name == option_name(info))
                return &info;
    return nullptr;
}

OptionEntry entry_of(const CLI::Option &option)
{
    OptionEntry entry{.help = option.get_description(), .metavar = option.get_type_name()};
    for (const std::string &name : option.get_snames())
        entry.names.push_back("-" + name);
    for (const std::string &name : option.get_lnames())
        entry.names.push_back("--" + name);
    entry.hidden = option.get_group().empty();
    if (entry.hidden && entry.help.empty() && option.get_lnames().front().starts_with("no-"))
        entry.help = "the opposite of --" + option.get_lnames().front().substr(3);
    entry.takes_value = option.get_items_expected_max() > 0;
    if (!entry.takes_value)
        return entry;
    entry.repeats = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    entry.words = words_of(entry.metavar);
    entry.offer = entry.words.empty() ? offer_of(entry.metavar) : Offer::words;
    if (const KeyInfo *info = key_of(option)) {
        if (!info->choices.empty()) {
            entry.words = choice_words(*info);
            entry.offer = Offer::words;
        } else if (info->key == Key::profile) {
            entry.offer = Offer::profiles;
        }
    }
    return entry;
}

VerbEntry entry_of(const OwnVerb &verb)
{
    CLI::App app(std::string(verb.summary), std::string(verb.name));
    verb.declare(app);
    VerbEntry entry{.name = std::string(verb.name), .help = std::string(verb.summary), .kind = Kind::own};
    for (const CLI::Option *option : app.get_options()) {
        if (!option->get_positional()) {
            entry.options.push_back(entry_of(*option));
            continue;
        }
        const std::string type = option->get_type_name();
        OperandEntry operand{.words = words_of(type)};
        const Offer by_type = offer_of(type);
        operand.offer = !operand.words.empty()      ? Offer::words
                        : by_type != Offer::nothing ? by_type
                                                    : offer_of(option->get_name(true));
        entry.operands.push_back(std::move(operand));
    }
    if (entry.operands.size() > 1) // each has its place: the first is behind the verb
        entry.operands.front().after = entry.name;
    return entry;
}

/// What their own functions read of the words that follow.
void add_operands(VerbEntry &verb)
{
    if (verb.name == "stop" || verb.name == "set" || verb.name == "more")
        verb.operands = {{.after = "", .offer = Offer::sessions, .words = {}}};
    if (verb.name != "profile")
        return;
    verb.options.push_back({.names = {"--origin"}, .help = "with show: say where each value came from"});
    verb.operands = {{"profile", Offer::words, {"list", "show", "check", "schema"}},
                     {"show", Offer::profiles, {}},
                     {"check", Offer::files, {}}};
}

} // namespace

std::vector<OptionEntry> common_options()
{
    std::vector<OptionEntry> all;
    for_each_option([&all](const CLI::Option &option) { all.push_back(entry_of(option)); });
    return all;
}

std::vector<VerbEntry> verb_entries()
{
    std::vector<VerbEntry> all;
    for (const ToolRow &row : tool_table())
        all.push_back({tool_name(row.tool), "start this debugger in a scope of its own", Kind::tool, {}, {}});
    for (const CommonVerb &common : common_verbs()) {
        const Kind kind = common.name == "run" ? Kind::run : Kind::builtin;
        all.push_back({std::string(common.name), std::string(common.summary), kind, {}, {}});
        add_operands(all.back());
    }
    for (const OwnVerb &verb : own_verbs())
        all.push_back(entry_of(verb));
    all.push_back({"help", "all options", Kind::builtin, {}, {}});
    return all;
}

} // namespace dbgscope
