// SPDX-License-Identifier: Apache-2.0
#include "kernel/oom_tasks.hpp"

#include <algorithm>
#include <charconv>

namespace dbgscope {
namespace {

std::string_view next_word(std::string_view &text)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

bool take_number(std::string_view word, std::int64_t &number)
{
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), number);
    return code == std::errc{} && end == word.data() + word.size();
}

} // namespace

bool OomTaskTable::may_be_row(std::string_view record)
{
    return record.find(";[ ") != std::string_view::npos;
}

/// [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
/// [   4711]     0  4711    30573    30144         266240        0           500 leak
/// Since 6.8 rss is followed by rss_anon, rss_file and rss_shmem: the columns go by their names.
void OomTaskTable::take(std::string_view text)
{
    const auto close = text.find(']');
    if (!text.starts_with('[') || close == std::string_view::npos)
        return;
    std::string_view inside = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    const std::string_view first = next_word(inside);
    if (first == "pid") {
        *this = {};
        int column = 0;
        for (auto word = next_word(rest); !word.empty() && word != "name"; word = next_word(rest)) {
            ++column;
            if (word == "rss")
                rss_column_ = column;
        }
        columns_ = column;
        return;
    }
    std::int64_t pid = 0;
    std::int64_t pages = 0;
    if (rss_column_ == 0 || !take_number(first, pid) || pid <= 0 || pid > INT32_MAX)
        return;
    for (int column = 1; column <= columns_; ++column) {
        std::int64_t number = 0;
        if (!take_number(next_word(rest), number))
            return;
        if (column == rss_column_)
            pages = number;
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size())); // a name may hold blanks
    const std::uint64_t before = largest_ ? largest_->pages : 0;
    if (!rest.empty() && pages > 0 && static_cast<std::uint64_t>(pages) > before)
        largest_ = OomTask{static_cast<int>(pid), std::string(rest), static_cast<std::uint64_t>(pages)};
}

} // namespace dbgscope
