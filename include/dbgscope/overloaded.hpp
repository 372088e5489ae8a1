// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dbgscope {

/// One callable out of several lambdas, for std::visit.
template <class... Ts> struct Overloaded : Ts... {
    using Ts::operator()...;
};

} // namespace dbgscope
