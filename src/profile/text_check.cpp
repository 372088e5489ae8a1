// SPDX-License-Identifier: Apache-2.0
#include "profile/text_check.hpp"

#include <cstddef>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
std::optional<TextFault> find_text_fault(std::string_view text)
{
    int line = 1, column = 1;
    bool indenting = true;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '\t' && indenting)
            return TextFault{line, column, "a tab in the indentation", "YAML indents with spaces"};
        const bool control = (c >= 0 && c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
        const std::size_t length = control ? 0 : utf8_length(text.substr(at));
        if (length == 0)
            return TextFault{line, column, control ? "a control character" : "a byte that is not UTF-8",
                             "is this a text file?"};
        at += length;
        ++column;
        indenting = indenting && c == ' ';
        if (c == '\n') {
            ++line;
            column = 1;
            indenting = true;
        }
    }
    return std::nullopt;
}

std::string_view first_comment(std::string_view text)
{
    while (text.starts_with('#')) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(1, end == std::string_view::npos ? end : end - 1);
        while (line.starts_with(' '))
            line.remove_prefix(1);
        if (!line.empty() && !line.starts_with("SPDX-") && !line.starts_with("yaml-language-server:"))
            return line;
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return {};
}

} // namespace dbgscope
