// SPDX-License-Identifier: Apache-2.0
#include "debugger/tool_version.hpp"

#include <array>
#include <charconv>

#include <fmt/core.h>

namespace dbgscope {

std::optional<ToolVersion> read_version(std::string_view text)
{
    if (text.starts_with('v'))
        text.remove_prefix(1);
    std::array<int, 3> numbers{};
    std::size_t count = 0;
    while (count < numbers.size()) {
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), numbers.at(count));
        if (code != std::errc{} || numbers.at(count) < 0)
            break;
        ++count;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!text.starts_with('.'))
            break;
        text.remove_prefix(1);
    }
    if (count < 2)
        return std::nullopt;
    return ToolVersion{numbers[0], numbers[1], numbers[2]};
}

std::optional<ToolVersion> read_plain_version(std::string_view text)
{
    const auto version = read_version(text);
    if (version && text != version_text(*version) && text != fmt::format("{}.{}", version->major, version->minor))
        return std::nullopt;
    return version;
}

std::string version_text(const ToolVersion &version)
{
    return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

} // namespace dbgscope
