// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdw.h>

namespace dbgscope {

/// The children of an entry, in order, until `visit` returns false. A damaged file may send a sibling backwards, in a
/// circle: that ends it.
template <class Visit> void each_child(Dwarf_Die die, Visit visit)
{
    Dwarf_Die child{};
    if (dwarf_child(&die, &child) != 0)
        return;
    for (;;) {
        if (!visit(child))
            return;
        const Dwarf_Off before = dwarf_dieoffset(&child);
        if (dwarf_siblingof(&child, &child) != 0 || dwarf_dieoffset(&child) <= before)
            return;
    }
}

} // namespace dbgscope
