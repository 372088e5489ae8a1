// SPDX-License-Identifier: Apache-2.0
#include "debugger/scan.hpp"

#include <algorithm>
#include <array>

namespace dbgscope {
namespace {

bool accepted(const FlagRow &row, std::string_view verb)
{
    return row.verb.empty() || row.verb == verb;
}

/// getopt_long_only(3): an exact name, else the only one that starts so; candidates that mean the same are one.
const FlagRow *find_abbreviated(const ToolRow &tool, std::string_view verb, std::string_view name)
{
    const FlagRow *found = find_flag(tool, verb, name);
    if (found != nullptr || name.empty())
        return found;
    for (const FlagRow &row : tool.flags) {
        if (!row.name.starts_with(name) || !accepted(row, verb))
            continue;
        if (found != nullptr)
            return nullptr;
        found = &row;
    }
    return found;
}

/// One pass over the arguments; each member consumes the words it understands.
class Scanner {
  public:
    Scanner(const ToolRow &tool, std::string_view verb, const std::vector<std::string> &arguments)
        : tool_(tool), verb_(verb), arguments_(arguments)
    {
    }

    Scan run(std::size_t from, std::optional<std::size_t> skip)
    {
        skip_ = skip;
        at_ = from;
        bool flags_end = false;
        while (at_ < arguments_.size()) {
            const std::size_t index = at_++;
            if (index == skip_)
                continue;
            const std::string_view word = arguments_[index];
            if (flags_end || word.size() < 2 || word[0] != '-')
                scan_.positionals.push_back(index);
            else if (word == "--")
                flags_end = true;
            else if (tool_.syntax == Syntax::pflag && word[1] != '-')
                letters(word.substr(1));
            else
                flags_end = name(word.substr(word[1] == '-' ? 2 : 1));
        }
        return std::move(scan_);
    }

  private:
    std::optional<std::string_view> next()
    {
        if (at_ < arguments_.size() && at_ == skip_)
            ++at_;
        if (at_ >= arguments_.size())
            return std::nullopt;
        return arguments_[at_++];
    }

    /// "listen=:0", "listen" + the next word, "headless". True when the rest is the debuggee's.
    bool name(std::string_view text)
    {
        const std::size_t equals = text.find('=');
        const std::string_view word = text.substr(0, equals);
        const FlagRow *row =
            tool_.syntax == Syntax::abbreviated ? find_abbreviated(tool_, verb_, word) : find_flag(tool_, verb_, word);
        if (row == nullptr)
            return false;
        std::optional<std::string_view> value;
        if (equals != std::string_view::npos)
            value = text.substr(equals + 1);
        else if (row->takes_value)
            value = next();
        scan_.flags.push_back({row, value});
        if (row->means == Means::rest)
            scan_.positionals.clear(); // `gdb a --args b`: getopt stops there, gdb never sees a
        return row->means == Means::rest;
    }

    /// pflag: "l:0", "l" + the next word, "tp123" (t is a bool, p takes the rest), "v=false".
    void letters(std::string_view cluster)
    {
        while (!cluster.empty()) {
            const FlagRow *row = find_letter(tool_, verb_, cluster[0]);
            cluster.remove_prefix(1);
            if (row == nullptr)
                return;
            std::optional<std::string_view> value;
            if (cluster.starts_with('=')) {
                value = cluster.substr(1);
                cluster = {};
            } else if (row->takes_value) {
                value = cluster.empty() ? next() : cluster;
                cluster = {};
            }
            scan_.flags.push_back({row, value});
        }
    }

    const ToolRow &tool_;
    std::string_view verb_;
    const std::vector<std::string> &arguments_;
    std::optional<std::size_t> skip_;
    std::size_t at_ = 0;
    Scan scan_;
};

} // namespace

const FlagRow *find_flag(const ToolRow &tool, std::string_view verb, std::string_view name)
{
    for (const FlagRow &row : tool.flags)
        if (row.name == name && accepted(row, verb))
            return &row;
    return nullptr;
}

const FlagRow *find_letter(const ToolRow &tool, std::string_view verb, char letter)
{
    for (const FlagRow &row : tool.flags)
        if (row.letter == letter && accepted(row, verb))
            return &row;
    return nullptr;
}

Scan scan_flags(const ToolRow &tool, std::string_view verb, const std::vector<std::string> &arguments, std::size_t from,
                std::optional<std::size_t> skip)
{
    return Scanner(tool, verb, arguments).run(from, skip);
}

std::optional<std::size_t> find_verb(const ToolRow &tool, const std::vector<std::string> &arguments)
{
    for (std::size_t at = 0; at < arguments.size(); ++at) {
        const std::string_view word = arguments[at];
        if (word == "--")
            return std::nullopt;
        if (!word.empty() && word[0] != '-')
            return at;
        // Before the verb cobra knows the persistent flags only; any other without "=", --help too, takes the next
        // word.
        const bool is_long = word.starts_with("--");
        if (word.find('=') != std::string_view::npos || (!is_long && word.size() != 2))
            continue;
        const FlagRow *row = is_long ? find_flag(tool, {}, word.substr(2)) : find_letter(tool, {}, word[1]);
        if (row == nullptr || row->takes_value || row->means == Means::ends)
            ++at;
    }
    return std::nullopt;
}

bool is_true(const std::optional<std::string_view> &value)
{
    constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
    return !value || std::find(kTrue.begin(), kTrue.end(), *value) != kTrue.end();
}

} // namespace dbgscope
