// SPDX-License-Identifier: Apache-2.0
#include "cli/growth_of.hpp"

#include <unistd.h>

#include <charconv>
#include <csignal>

#include "tools/inspect/growth.hpp"
#include "tools/inspect/holder_line.hpp"

namespace dbgscope {
namespace {

constexpr int kNice = 5; ///< while it is late samples are lost, and a person waits

template <class T> bool read_number(const std::string &word, T &number)
{
    return std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc{} && number > 0;
}

} // namespace

Result<int> growth_of(const std::vector<std::string> &words)
{
    pid_t pid = 0;
    std::uint64_t period = 0;
    if (words.size() != 2 || !read_number(words[0], pid) || !read_number(words[1], period))
        return 1;
    become_dispensable(0, kNice);                           // it ends with what it samples
    (void)std::signal(SIGPIPE, SIG_IGN);                    // NOLINT: the macro's cast
    return serve_growth(pid, period, STDIN_FILENO) ? 0 : 1; // why not is in the plan, or in doctor's answer
}

} // namespace dbgscope
