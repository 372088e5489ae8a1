// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dbgscope/profile.hpp"

namespace dbgscope {
namespace {

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each 1.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

/// One slip in a word of up to three letters, two in a longer one, a third of a long one.
std::size_t allowed_slips(std::size_t length)
{
    return std::max<std::size_t>(length <= 3 ? 1 : 2, length / 3);
}

} // namespace

std::string suggest(std::string_view word, const std::vector<std::string> &known)
{
    const std::size_t allowed = allowed_slips(word.size());
    std::size_t best = allowed + 1;
    const std::string *nearest = nullptr;
    for (const std::string &candidate : known) {
        const std::size_t longer = std::max(candidate.size(), word.size());
        const std::size_t shorter = std::min(candidate.size(), word.size());
        if (longer - shorter > allowed)
            continue; // also keeps a word of a megabyte from being compared at all
        const std::size_t slips = distance(word, candidate);
        // A word of which nothing is left is no suggestion: "x" is not "-q" with two slips.
        if (slips < best && slips < shorter) {
            best = slips;
            nearest = &candidate;
        }
    }
    return nearest == nullptr ? std::string{} : *nearest;
}

} // namespace dbgscope
