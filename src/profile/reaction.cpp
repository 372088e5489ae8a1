// SPDX-License-Identifier: Apache-2.0
#include "profile/reaction.hpp"

#include <algorithm>
#include <array>

#include "text/words.hpp"

namespace dbgscope {
namespace {

struct Event {
    Key key;
    std::array<std::string_view, 5> actions; ///< besides commands
};
constexpr std::array kEvents{
    Event{Key::on_pressure, {"say", "weight", "hold", "snapshot", "stop"}},
    Event{Key::on_growth, {"say", "weight", "snapshot", "hold", "stop"}},
    Event{Key::on_held, {"stop"}},
    Event{Key::on_killed, {"stop"}},
    Event{Key::on_drift, {"say"}},
};

const Event *event_of(Key key)
{
    const auto *const found = std::ranges::find(kEvents, key, &Event::key);
    return found == kEvents.end() ? nullptr : found;
}

std::optional<ReactionFault> command_fault(std::string_view action)
{
    constexpr const char *kForm = "write exec /path/to/command word...; there is no shell";
    const auto words = values::split_words(action, values::Escapes::literal);
    if (!words)
        return ReactionFault{words.error(), kForm};
    if (words->size() < 2)
        return ReactionFault{"a command is missing", kForm};
    if (!(*words)[1].starts_with('/'))
        return ReactionFault{"the command's path is not absolute", kForm};
    return std::nullopt;
}

} // namespace

bool is_reaction(Key key)
{
    return event_of(key) != nullptr;
}

bool is_command(std::string_view action)
{
    return action == kExecAction || (action.starts_with(kExecAction) &&
                                     (action[kExecAction.size()] == ' ' || action[kExecAction.size()] == '\t'));
}

std::vector<std::string> reaction_words(Key key)
{
    std::vector<std::string> words;
    if (const Event *event = event_of(key))
        for (const std::string_view word : event->actions)
            if (!word.empty())
                words.emplace_back(word);
    return words;
}

std::optional<ReactionFault> reaction_fault(Key key, std::string_view action)
{
    if (!is_reaction(key))
        return std::nullopt;
    if (is_command(action))
        return command_fault(action);
    const std::vector<std::string> words = reaction_words(key);
    if (std::ranges::find(words, action) != words.end())
        return std::nullopt;
    const std::string near = suggest(std::string(action), words);
    std::string known;
    for (const std::string &word : words)
        known += word + ", ";
    return ReactionFault{"unknown action",
                         (near.empty() ? "" : "did you mean " + near + "? ") + "it can be " + known + "exec COMMAND"};
}

std::string command_among(Key key, const Value &value)
{
    if (!is_reaction(key))
        return {};
    const auto &actions = std::get<std::vector<std::string>>(value);
    const auto found = std::ranges::find_if(actions, is_command);
    return found == actions.end() ? "" : *found;
}

} // namespace dbgscope
