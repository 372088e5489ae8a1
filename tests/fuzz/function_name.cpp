// SPDX-License-Identifier: Apache-2.0
// A C++ or Rust function's name, as the linker has it.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string name = "_Z" + std::string(text_of(data, size));
    must(!function_name(name.c_str()).empty());
    return 0;
}
