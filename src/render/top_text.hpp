// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "render/top_view.hpp"

namespace dbgscope {

enum class TopStyle {
    plain,
    title,
    chosen, ///< the session that is looked at
    alarm,  ///< memory at its line
};

struct TopLine {
    std::string text; ///< no control characters
    TopStyle style = TopStyle::plain;
    bool operator==(const TopLine &) const = default;
};

struct TopScreen {
    std::size_t chosen = 0;  ///< which of the sessions is shown in full
    std::string message;     ///< what the last key did; empty: nothing
    std::size_t width = 80;  ///< columns, at least 1
    std::size_t height = 24; ///< lines, at least 1
    bool keys = true;        ///< say what the keys do
};

/// At most `height` lines of at most `width` columns. Where the list of sessions does not fit, the part around the
/// chosen one is shown; where nothing fits, the message and the keys stay.
[[nodiscard]] std::vector<TopLine> top_lines(const TopView &view, const TopScreen &screen);

/// One line of JSON, ASCII, with all of it but the history.
[[nodiscard]] std::string top_json(const TopView &view);

} // namespace dbgscope
