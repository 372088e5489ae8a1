// SPDX-License-Identifier: Apache-2.0
// A configuration file, in every place one may stand.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string text(text_of(data, size));
    for (const FileRole role : {FileRole::config, FileRole::profile, FileRole::project})
        if (const auto settings = parse_settings(text, "f.yaml", role)) {
            for (const FileSetting &setting : *settings)
                (void)format_value(key_info(setting.key), setting.value);
        } else
            must(settings.error().kind == ErrorKind::config && is_utf8(to_line(settings.error())));
    return 0;
}
