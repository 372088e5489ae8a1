// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/go_program.hpp"

#include "dbgscope/utf8.hpp"

namespace dbgscope {

constexpr std::size_t kMaxVersionBytes = 64;

Result<void> check_go_program(const Program &program)
{
    const auto refuse = [&program](std::string cause, std::string hint) {
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "look into",
                     .subject = program.path(),
                     .cause = std::move(cause),
                     .hint = std::move(hint)});
    };
    if (!program.is_go())
        return refuse("not a Go program", "");
    if (!program.has_symbols())
        return refuse("its symbols were taken away when it was built or afterwards (-ldflags=-s, strip)",
                      "build it without -s and -w");
    if (!program.has_dwarf() || !program.size_of("runtime.g"))
        return refuse("it was built without debug information (-ldflags=-w)", "build it without -w");
    return {};
}

std::string go_version(const Memory &memory, const Program &program)
{
    const auto place = program.symbol("runtime.buildVersion");
    if (!place)
        return {};
    return printable(memory.read_go_string(place->at, kMaxVersionBytes).value_or(""));
}

} // namespace dbgscope
