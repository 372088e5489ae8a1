// SPDX-License-Identifier: Apache-2.0
#include "text/fold.hpp"

#include <algorithm>

namespace dbgscope {

std::string folded(std::string first, std::string_view text, std::size_t indent)
{
    std::string out;
    std::string line = std::move(first);
    bool fresh = true;
    while (!text.empty()) {
        const std::size_t blank = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(std::min(blank + 1, text.size()));
        if (!fresh && line.size() + 1 + word.size() > kFoldColumns) {
            out += line + '\n';
            line = std::string(indent, ' ');
            fresh = true;
        }
        line += (fresh ? "" : " ") + std::string(word);
        fresh = false;
    }
    return out + line + '\n';
}

} // namespace dbgscope
