// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/snippets.hpp"

namespace dbgscope {
namespace {

// Tried with gdb 13.1. gdb.Objfile.add_separate_debug_file, owner and build_id are there from gdb 7.9 on,
// lookup_global_symbol from gdb 9 on.
constexpr std::string_view kGdbStart =
    R"gdb(# dbgscope: aids for Go programs and for programs whose symbols are elsewhere.
# Load it with gdb -x FILE, or with "source FILE" in ~/.gdbinit. All but SIGURG needs a gdb with Python.

# The Go runtime preempts goroutines with SIGURG, many times a second.
handle SIGURG nostop noprint pass

python
import os
import gdb

class _Dbgscope:
    # Go ends a program in one of these: stop while its stack is still there. runtime.Breakpoint() stops gdb by itself.
    STOPS = ("runtime.throw", "runtime.fatal", "runtime.fatalpanic")

    def __init__(self):
        self.placed = set()

    def looked_at(self, objfile):
        if not objfile.is_valid() or objfile.owner or not objfile.filename:
            return
        if objfile.build_id and os.path.isfile(objfile.filename) and not self.has_symbols(objfile):
            self.find_beside(objfile)
        self.stop_in_go(objfile)

    def has_symbols(self, objfile):
        if any(other.owner == objfile for other in gdb.objfiles()):
            return True
        with open(objfile.filename, "rb") as file:
            return b".debug_info\0" in file.read()

    def find_beside(self, objfile):
        """NAME.debug and the like beside the program, by build id: gdb itself looks there only for a debug link."""
        folder = os.path.dirname(os.path.realpath(objfile.filename))
        wanted = b"GNU\0" + bytes.fromhex(objfile.build_id)
        for place in (folder, os.path.join(folder, ".debug"), os.path.join(folder, "debug")):
            names = sorted(os.listdir(place))[:500] if os.path.isdir(place) else []
            for name in names:
                path = os.path.join(place, name)
                if name.endswith((".debug", ".dbg")) and os.path.isfile(path):
                    with open(path, "rb") as file:
                        matches = wanted in file.read(65536)
                    if matches:
                        objfile.add_separate_debug_file(path)
                        return

    def stop_in_go(self, objfile):
        if objfile.filename in self.placed or objfile.lookup_global_symbol("runtime.fatalpanic") is None:
            return
        self.placed.add(objfile.filename)
        for name in self.STOPS:
            if objfile.lookup_global_symbol(name) is not None:
                gdb.execute("break -function " + name, to_string=True)
        if "GOTRACEBACK" not in os.environ:
            gdb.execute("set environment GOTRACEBACK crash")

class _DbgscopeSymbols(gdb.Command):
    """Say where the symbols of each file come from; with DIR look there too.
dbgscope-symbols [DIR]
DIR is a tree of debug files (DIR/.build-id/xx/yyyy.debug), or the root of the file system the program runs in."""

    def __init__(self, state):
        super().__init__("dbgscope-symbols", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)
        self.state = state

    def invoke(self, argument, from_tty):
        if argument:
            folder = os.path.abspath(os.path.expanduser(argument))
            if not os.path.isdir(folder):
                raise gdb.GdbError(folder + " is no directory")
            if os.path.isdir(os.path.join(folder, "usr")) or os.path.isdir(os.path.join(folder, "lib")):
                gdb.execute("set sysroot " + folder)
                more = os.path.join(folder, "usr/lib/debug")
            else:
                more = folder
            now = gdb.parameter("debug-file-directory") or ""
            if more not in now.split(":"):
                gdb.execute("set debug-file-directory " + (now + ":" if now else "") + more)
        print("sysroot:", gdb.parameter("sysroot") or "(none)")
        print("debug-file-directory:", gdb.parameter("debug-file-directory"))
        for objfile in [each for each in gdb.objfiles() if not each.owner and each.build_id]:
            self.retry(objfile)
            self.state.looked_at(objfile)
            separate = [each.filename for each in gdb.objfiles() if each.owner == objfile]
            own = os.path.isfile(objfile.filename) and self.state.has_symbols(objfile)
            found = separate[0] if separate else "in the file" if own else "none found"
            print("{}\n    build id {}\n    symbols: {}".format(objfile.filename, objfile.build_id, found))

    def retry(self, objfile):
        """The place in debug-file-directory that belongs to the build id; gdb has looked there only at loading."""
        if not os.path.isfile(objfile.filename) or self.state.has_symbols(objfile):
            return
        part = ".build-id/{}/{}.debug".format(objfile.build_id[:2], objfile.build_id[2:])
        for folder in (gdb.parameter("debug-file-directory") or "").split(":"):
            path = os.path.join(folder, part)
            if folder and os.path.isfile(path):
                objfile.add_separate_debug_file(path)
                return

_dbgscope = _Dbgscope()
_DbgscopeSymbols(_dbgscope)
gdb.events.new_objfile.connect(lambda event: _dbgscope.looked_at(event.new_objfile))
for _objfile in gdb.objfiles():
    _dbgscope.looked_at(_objfile)
end
)gdb";

} // namespace

std::string_view gdb_start_file()
{
    return kGdbStart;
}

} // namespace dbgscope
