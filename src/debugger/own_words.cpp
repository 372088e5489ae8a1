// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "debugger/call.hpp"
#include "debugger/scan.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kOwn = "--dbgscope-";

/// True where the flags of the tool have ended with this word.
bool ends_flags(const ToolRow &tool, const std::string &word)
{
    if (word == "--")
        return true;
    if (!word.starts_with('-') || word == "-")
        return tool.syntax == Syntax::leading; // gdbserver: COMM, and then the program with its arguments
    const FlagRow *row = find_flag(tool, {}, word.substr(word.starts_with("--") ? 2 : 1));
    return row != nullptr && row->means == Means::rest; // gdb --args PROGRAM …
}

} // namespace

std::vector<std::string> take_own_words(Tool tool, std::vector<std::string> &arguments)
{
    std::vector<std::string> own;
    const ToolRow *row = find_tool_row(tool);
    const auto end = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const std::string &word) { return row != nullptr && ends_flags(*row, word); });
    const auto is_own = [](const std::string &word) { return word.starts_with(kOwn) && word.size() > kOwn.size(); };
    for (auto word = arguments.begin(); word != end; ++word)
        if (is_own(*word))
            own.push_back("--" + word->substr(kOwn.size()));
    arguments.erase(std::remove_if(arguments.begin(), end, is_own), end);
    return own;
}

std::optional<std::uint16_t> listen_port(std::string_view address)
{
    if (address.starts_with("unix:") || address.starts_with("udp:"))
        return std::nullopt;
    return parse_port(address.substr(address.rfind(':') + 1)); // npos + 1 is 0: a bare number
}

std::optional<std::uint16_t> parse_port(std::string_view digits)
{
    std::uint16_t port = 0;
    const char *const last = digits.data() + digits.size();
    const auto [end, code] = std::from_chars(digits.data(), last, port);
    if (code != std::errc{} || end != last || port == 0)
        return std::nullopt;
    return port;
}

} // namespace dbgscope
