// SPDX-License-Identifier: Apache-2.0
// Sizes, time spans, GODEBUG and GOMEMLIMIT, and every key of the configuration. What is printed is read back.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    if (const auto parsed = parse_size(text))
        must(parse_size(format_size(*parsed)) == *parsed);
    if (const auto span = parse_time_span(text))
        must(parse_time_span(format_time_span(*span)) == *span);
    (void)parse_gomemlimit(text);
    (void)judge_godebug(text, go_minor_version(text));
    (void)read_version(text);
    (void)listen_port(text);
    must(unescape_bytes(escape_bytes(text)) == text && is_utf8(printable(text)));
    if (size == 0)
        return 0;
    const KeyInfo &info = key_table()[data[0] % key_table().size()];
    if (const auto value = parse_value(info, text.substr(1));
        value && !std::holds_alternative<std::vector<std::string>>(*value))
        must(parse_value(info, format_value(info, *value)) == *value);
    return 0;
}
