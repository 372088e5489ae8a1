// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/snippets.hpp"

#include <fmt/core.h>

#include "debugger/call.hpp"
#include "tools/editor/jsonc.hpp"

namespace dbgscope {
namespace {

/// Helix' own table (its languages.toml) but for the command.
constexpr std::string_view kHelixTemplates = R"toml(args = ["dap"]
port-arg = "-l 127.0.0.1:{}"

[[language.debugger.templates]]
name = "source"
request = "launch"
completion = [ { name = "entrypoint", completion = "filename", default = "." } ]
args = { mode = "debug", program = "{0}" }

[[language.debugger.templates]]
name = "binary"
request = "launch"
completion = [ { name = "binary", completion = "filename" } ]
args = { mode = "exec", program = "{0}" }

[[language.debugger.templates]]
name = "test"
request = "launch"
completion = [ { name = "tests", completion = "directory", default = "." } ]
args = { mode = "test", program = "{0}" }

[[language.debugger.templates]]
name = "attach"
request = "attach"
completion = [ "pid" ]
args = { mode = "local", processId = "{0}" }

[[language.debugger.templates]]
name = "core"
request = "launch"
completion = [ { name = "binary", completion = "filename" }, { name = "core", completion = "filename" } ]
args = { mode = "core", program = "{0}", coreFilePath = "{1}" }
)toml";

} // namespace

std::string nvim_snippet(const std::string &dlv_link)
{
    return fmt::format(R"lua(-- nvim-dap-go: in init.lua, or where you call its setup() already.
require("dap-go").setup({{
  delve = {{
    path = {},
  }},
}})
)lua",
                       json_quoted(dlv_link));
}

std::string helix_snippet(const std::string &dlv_link)
{
    return fmt::format(
        "# Helix: in ~/.config/helix/languages.toml. If it has a [[language]] table named \"go\", put the\n"
        "# lines from [language.debugger] on below that one.\n"
        "[[language]]\nname = \"go\"\n\n"
        "[language.debugger]\nname = \"go\"\ntransport = \"tcp\"\ncommand = {}\n{}",
        json_quoted(dlv_link), kHelixTemplates);
}

std::string shell_snippet(const std::string &shims)
{
    return fmt::format(R"sh(# dbgscope: for ~/.bashrc, ~/.zshrc or config.fish.
alias dlv='dbgscope dlv'
alias gdb='dbgscope gdb'
alias gdbserver='dbgscope gdbserver'

# Scripts, make and editors do not see aliases. For them put links first in PATH instead, in ~/.profile
# (dbgscope install-shims makes them):
#   PATH={}:"$PATH"; export PATH
# Do not put them into $GOPATH/bin or $GOBIN: "go install" and the editors' tool updates overwrite a dlv there.
)sh",
                       quoted_for_shell(shims));
}

} // namespace dbgscope
