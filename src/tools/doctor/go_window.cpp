// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/go_window.hpp"

#include <iterator>

#include <fmt/core.h>

namespace dbgscope {
namespace {

struct Row {
    ToolVersion first, last; ///< releases with this window
    GoWindow window;
};
/// Source: MinSupportedVersionOfGoMajor/Minor and MaxSupportedVersionOfGoMinor in pkg/goversion/compat.go at delve's
/// release tags v1.20.0 … v1.27.1. dlv compares them with the compiler named in the program's DWARF when it starts it.
constexpr Row kRows[] = {
    {{1, 20, 0}, {1, 20, 2}, {18, 20}}, {{1, 21, 0}, {1, 21, 0}, {18, 21}}, {{1, 21, 1}, {1, 21, 2}, {19, 21}},
    {{1, 22, 0}, {1, 22, 1}, {19, 22}}, {{1, 23, 0}, {1, 23, 1}, {21, 23}}, {{1, 24, 0}, {1, 25, 0}, {21, 24}},
    {{1, 25, 1}, {1, 25, 2}, {22, 25}}, {{1, 26, 0}, {1, 26, 3}, {24, 26}}, {{1, 27, 0}, {1, 27, 1}, {25, 27}},
};

} // namespace

std::optional<GoWindow> go_window(const ToolVersion &dlv)
{
    // A patch release later than the table keeps the window of its minor release, as far as is known.
    for (auto row = std::rbegin(kRows); row != std::rend(kRows); ++row)
        if (dlv >= row->first)
            return dlv <= row->last || dlv.minor == row->last.minor ? std::optional(row->window) : std::nullopt;
    return std::nullopt;
}

std::string dlv_for_go(int minor)
{
    for (auto row = std::rbegin(kRows); row != std::rend(kRows); ++row)
        if (row->window.oldest <= minor && minor <= row->window.newest)
            return fmt::format("{}.{}.{}", row->last.major, row->last.minor, row->last.patch);
    return {};
}

} // namespace dbgscope
