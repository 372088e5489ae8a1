// SPDX-License-Identifier: Apache-2.0
#include "cli/alloc_of.hpp"

#include <unistd.h>

#include <charconv>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "sys/file.hpp"
#include "tools/inspect/alloc_watch.hpp"
#include "tools/inspect/holder_line.hpp"

namespace dbgscope {
namespace {

constexpr int kNice = 5;

template <class T> bool read_number(const std::string &word, T &number)
{
    const char *const end = word.data() + word.size();
    const auto [last, error] = std::from_chars(word.data(), end, number);
    return error == std::errc{} && last == end;
}

void say(std::string_view line)
{
    (void)write_all(STDOUT_FILENO, fmt::format("say {}\n", printable(line)), "stdout").has_value();
}

} // namespace

Result<int> alloc_of(const std::vector<std::string> &words)
{
    AllocPlace place;
    AllocThresholds asked;
    int victims = 0;
    if (words.size() != 6 || !read_number(words[0], place.version) ||
        !read_number(words[2], asked.large_mapping_bytes) || !read_number(words[3], asked.reclaim_stall_us) ||
        !read_number(words[4], asked.kernel_memory_bytes) || !read_number(words[5], victims))
        return 1;
    place.directory = words[1];
    asked.oom_victims = victims != 0;
    become_dispensable(0, kNice); // it ends with what it watches
    serve_allocs(place, asked, STDIN_FILENO, say);
    return 0;
}

} // namespace dbgscope
