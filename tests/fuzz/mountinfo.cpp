// SPDX-License-Identifier: Apache-2.0
// /proc/self/mountinfo, and our own path among its mounts. The first line is the path.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    const std::size_t line = text.find('\n');
    const std::string_view path = text.substr(0, line);
    const auto mounts = parse_mountinfo(line == text.npos ? text : text.substr(line + 1));
    for (const CgroupMount &mount : mounts) {
        must(!mount.point.empty());
        (void)below_root(mount.root, path);
    }
    for (const bool v2 : {false, true})
        for (const CgroupMount *mount : mounts_showing(mounts, v2, path))
            must(mount->v2 == v2 && below_root(mount->root, path).has_value());
    (void)undo_escapes(text);
    (void)has_option(text, "memory");
    return 0;
}
