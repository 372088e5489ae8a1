// SPDX-License-Identifier: Apache-2.0
#include "cli/held_by.hpp"

#include <unistd.h>

#include <charconv>

#include "sys/file.hpp"
#include "tools/inspect/holder_line.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {

constexpr unsigned kDeadlineS = 2;

Result<int> held_by(const std::vector<std::string> &words)
{
    pid_t pid = 0;
    if (words.size() != 2 ||
        std::from_chars(words[0].data(), words[0].data() + words[0].size(), pid).ec != std::errc{} || pid <= 0)
        return 1;
    become_dispensable(kDeadlineS);
    const auto target = open_process(pid);
    const auto view = target ? view_heap(*target, false) : Result<HeapView>(fail(target.error()));
    const std::string line = view ? holder_line(*view, words[1]) : "";
    if (line.empty())
        return 1;
    (void)write_all(STDERR_FILENO, "dbgscope: " + line + '\n', "stderr").has_value();
    return 0;
}

} // namespace dbgscope
