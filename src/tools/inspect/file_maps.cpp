// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/file_maps.hpp"

#include <algorithm>
#include <charconv>

namespace dbgscope {

FileMaps::FileMaps(const std::string &maps)
{
    for (std::size_t at = 0; at < maps.size();) {
        const std::size_t end = std::min(maps.find('\n', at), maps.size());
        line(std::string_view(maps).substr(at, end - at));
        at = end + 1;
    }
}

bool FileMaps::has(std::uint64_t address) const
{
    auto after = ranges_.upper_bound(address);
    return after != ranges_.begin() && address < (--after)->second;
}

/// "7f12-7f34 rw-p 00001000 fe:01 1234    /usr/lib/libc.so.6": begin, end, and a path where it is a file.
void FileMaps::line(std::string_view text)
{
    std::uint64_t begin = 0, end = 0;
    const char *last = text.data() + text.size();
    const auto dash = std::from_chars(text.data(), last, begin, 16);
    if (dash.ec != std::errc{} || dash.ptr == last || std::from_chars(dash.ptr + 1, last, end, 16).ec != std::errc{})
        return;
    const auto slash = text.find('/');
    if (slash == std::string_view::npos)
        return;
    const std::string_view path = text.substr(slash); // shared memory is memory
    for (const std::string_view memory : {"/memfd:", "/dev/zero", "/dev/shm/", "/SYSV"})
        if (path.starts_with(memory))
            return;
    ranges_[begin] = end;
}

} // namespace dbgscope
