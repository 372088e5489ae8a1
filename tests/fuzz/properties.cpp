// SPDX-License-Identifier: Apache-2.0
// Every property that `-p` takes: the first byte names it, the rest is its value.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const std::vector<std::string> names = property_names();
    if (size == 0)
        return 0;
    const std::string_view text = text_of(data, size);
    const auto effects = parse_property(names[data[0] % names.size()] + "=" + std::string(text.substr(1)));
    if (!effects)
        must(is_utf8(to_line(effects.error())));
    else
        for (const PropertyEffect &effect : *effects)
            if (const auto *property = std::get_if<ScopeProperty>(&effect)) {
                (void)bus_value_text(property->name, property->value);
                (void)limit_of(*property, 16 * kGiB);
            }
    (void)parse_property(text);
    return 0;
}
