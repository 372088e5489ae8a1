// SPDX-License-Identifier: Apache-2.0
// The command lines of the tools and our own, words parted by NUL.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::vector<std::string> words = words_of(text_of(data, size));
    for (const Tool tool : {Tool::dlv, Tool::gdbserver, Tool::gdb, Tool::lldb_server, Tool::lldb_dap}) {
        std::vector<std::string> arguments = words;
        const std::vector<std::string> own = take_own_words(tool, arguments);
        must(own.size() + arguments.size() == words.size());
        const DebuggerCall call = read_call(tool, arguments);
        must(call.tool == tool && (!call.wrapper_at || *call.wrapper_at <= arguments.size()));
        (void)listen_port(call.listen);
    }
    if (const auto plain = read_plain_options(words)) { // then CLI11 reads the same
        const auto tree = parse_with_tree(words, "the test");
        must(tree && plain->rest == tree->rest);
        for (const KeyInfo &info : key_table()) {
            const Setting *const one = plain->settings.find(info.key), *const other = tree->settings.find(info.key);
            must((one == nullptr) == (other == nullptr) && (one == nullptr || one->value == other->value));
        }
    }
    if (const auto options = parse_options(words))
        must(options->rest.size() <= words.size());
    else
        must(options.error().kind == ErrorKind::usage && is_utf8(to_line(options.error())));
    return 0;
}
