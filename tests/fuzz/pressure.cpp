// SPDX-License-Identifier: Apache-2.0
// PSI files: memory.pressure and /proc/pressure/*.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    Pressure pressure;
    if (parse_pressure(text_of(data, size), pressure))
        for (const PressureLine &line : {pressure.some, pressure.full})
            must(line.avg10 >= 0 && line.avg60 >= 0 && line.avg300 >= 0);
    return 0;
}
