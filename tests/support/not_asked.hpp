// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/facts.hpp"

namespace dbgscope::test {

/// Unknown because nobody asked. (why() of a known fact is not_asked too: it has no meaning there.)
template <class T> [[nodiscard]] bool not_asked(const Fact<T> &fact)
{
    return !fact.known() && fact.why() == Why::not_asked;
}

} // namespace dbgscope::test
