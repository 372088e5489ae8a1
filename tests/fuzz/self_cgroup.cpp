// SPDX-License-Identifier: Apache-2.0
// /proc/self/cgroup.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    const OwnCgroups own = parse_self_cgroup(text);
    for (const auto &path : {own.memory_v1, own.unified})
        must(!path || (path->data() >= text.data() && path->data() + path->size() <= text.data() + text.size()));
    return 0;
}
