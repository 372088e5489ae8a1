// SPDX-License-Identifier: Apache-2.0
#include "launch/init_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sys/file.hpp"
#include "sys/own_directory.hpp"

namespace dbgscope {
Result<void> write_init_file(const WriteInitFile &file)
{
    const auto slash = file.path.rfind('/');
    const std::string name = file.path.substr(slash + 1), unfinished = "." + name + ".new";
    auto directory = make_own_directory(file.path.substr(0, slash));
    if (!directory)
        return pass(directory);
    if (const auto there = read_at(directory->get(), name); there && *there == file.text)
        return {};
    auto fresh = open_at(directory->get(), unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (!fresh)
        return pass(fresh);
    if (auto written = write_all(fresh->get(), file.text, file.path); !written)
        return written;
    if (::renameat(directory->get(), unfinished.c_str(), directory->get(), name.c_str()) != 0)
        return fail(errno_error(errno, "write", file.path));
    return {};
}

Execute without_init_file(const Execute &step, const std::string &path)
{
    Execute out = step;
    const auto at = std::ranges::find(out.arguments, path);
    if (at != out.arguments.end() && at != out.arguments.begin())
        out.arguments.erase(at - 1, at + 1);
    return out;
}

} // namespace dbgscope
