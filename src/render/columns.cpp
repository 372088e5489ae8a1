// SPDX-License-Identifier: Apache-2.0
#include "render/columns.hpp"

#include <algorithm>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

std::string blanks(const std::string &text, std::size_t width)
{
    return std::string(width - std::min(shown_width(text), width), ' ');
}

} // namespace

std::size_t shown_width(std::string_view text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

void cut(std::string &line, std::size_t width)
{
    if (width == 0 || shown_width(line) <= width)
        return;
    std::size_t end = 0;
    for (std::size_t shown = 0; shown + 1 < width; ++shown)
        end += std::max<std::size_t>(utf8_length(std::string_view(line).substr(end)), 1);
    line.resize(end);
    line += "…";
}

std::string pad_left(const std::string &text, std::size_t width)
{
    return blanks(text, width) + text;
}

std::string pad_right(const std::string &text, std::size_t width)
{
    return text + blanks(text, width);
}

} // namespace dbgscope
