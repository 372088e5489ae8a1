// SPDX-License-Identifier: Apache-2.0
#include "patterns.hpp"

#include <regex>

namespace dbgscope::test {

std::vector<std::string> all_matches(const std::string &text, const std::string &pattern, int group)
{
    const std::regex expression(pattern, std::regex::multiline);
    std::vector<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
        found.push_back(at->str(static_cast<std::size_t>(group)));
    return found;
}

bool has_match(const std::string &text, const std::string &pattern)
{
    return std::regex_search(text, std::regex(pattern));
}

} // namespace dbgscope::test
