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

// The session's record says what happens: nvim-dap shows no line of the debugger's own standard error.
constexpr std::string_view kNvimWatch = R"lua(
-- A hold and a kill as notifications, :DbgscopeMore [SIZE], and DbgscopeStatus() for a status line:
--   vim.o.statusline = "%f %m%=%{v:lua.DbgscopeStatus()}"
local uv = vim.uv or vim.loop
local directory = uv.getuid() == 0 and "/run/dbgscope"
  or (vim.env.XDG_RUNTIME_DIR or "/run/user/" .. uv.getuid()) .. "/dbgscope"
local known, status, watch, own = {}, "", nil, nil

local function mib(bytes)
  return type(bytes) == "number" and ("%.0fM"):format(bytes / 1048576) or "no limit"
end

local function read(file)
  local lines = vim.fn.filereadable(file) == 1 and vim.fn.readfile(file) or {}
  local ok, record = pcall(vim.fn.json_decode, lines)
  return ok and type(record) == "table" and record or nil
end

-- nvim-dap has started it: the session of a debugger that is our child.
local function is_ours(record)
  local file = ("/proc/%d/stat"):format(record.debugger.pid)
  local stat = vim.fn.filereadable(file) == 1 and vim.fn.readfile(file)[1] or ""
  return tonumber(stat:match("^.*%) %S+ (%d+)")) == vim.fn.getpid()
end

local function look()
  status, own = "", nil
  for _, file in ipairs(vim.fn.glob(directory .. "/*.json", true, true)) do
    local record = read(file)
    if record and is_ours(record) then
      own = record.id
      local before = known[record.id] or { trips = record.fuse_trips, verdicts = #record.verdicts }
      if record.fuse_trips > before.trips then
        vim.notify(("dbgscope: held at %s of its %s cap; :DbgscopeMore gives it more"):format(mib(record.fuse_bytes), mib(record.cap_bytes)),
          vim.log.levels.WARN)
      end
      for i = before.verdicts + 1, #record.verdicts do
        vim.notify("dbgscope: " .. record.verdicts[i], vim.log.levels.ERROR)
      end
      known[record.id] = { trips = record.fuse_trips, verdicts = #record.verdicts }
      status = record.state == "running" and "cap " .. mib(record.cap_bytes)
        or ("%s, %s/%s"):format(record.state, mib(record.fuse_bytes), mib(record.cap_bytes))
    end
  end
end

function _G.DbgscopeStatus()
  return status
end

local function begin()
  if watch then return end
  look()
  watch = uv.new_fs_event()
  watch:start(directory, {}, vim.schedule_wrap(look))
end

local function finish()
  if watch then
    look()
    watch:stop()
    watch = nil
  end
  status = ""
end

vim.api.nvim_create_user_command("DbgscopeMore", function(call)
  local words = vim.list_extend({ dbgscope, "more", own }, call.fargs)
  vim.notify(vim.trim(vim.fn.system(words)), vim.v.shell_error == 0 and vim.log.levels.INFO or vim.log.levels.ERROR)
end, { nargs = "*", desc = "Give a held program more memory" })

local listeners = require("dap").listeners.after
listeners.event_initialized.dbgscope = begin
listeners.event_terminated.dbgscope = finish
listeners.event_exited.dbgscope = finish
)lua";

} // namespace

std::string nvim_snippet(const std::string &dlv_link, const std::string &dbgscope)
{
    return fmt::format(R"lua(-- nvim-dap-go: in init.lua, or where you call its setup() already. With lazy.nvim instead:
--   {{ "leoluz/nvim-dap-go", opts = {{ delve = {{ path = {0} }} }} }}
require("dap-go").setup({{
  delve = {{
    path = {0},
  }},
}})
)lua",
                       json_quoted(dlv_link)) +
           fmt::format("\nlocal dbgscope = {}\n", json_quoted(dbgscope)) + std::string(kNvimWatch);
}

std::string helix_snippet(const std::string &dlv_link, bool output_mode)
{
    std::string templates(kHelixTemplates);
    constexpr std::string_view kLaunched = "program = \"{0}\" }"; // not of a core file
    for (std::size_t at = 0; output_mode && (at = templates.find(kLaunched, at)) != std::string::npos;) {
        templates.replace(at, kLaunched.size(), "program = \"{0}\", outputMode = \"remote\" }");
        at += kLaunched.size();
    }
    return fmt::format(
        "# Helix: in ~/.config/helix/languages.toml. If it has a [[language]] table named \"go\", put the\n"
        "# lines from [language.debugger] on below that one.\n"
        "[[language]]\nname = \"go\"\n\n"
        "[language.debugger]\nname = \"go\"\ntransport = \"tcp\"\ncommand = {}\n{}",
        json_quoted(dlv_link), templates);
}

std::string emacs_snippet(const std::string &dlv_link)
{
    return fmt::format(R"lisp(;; dape: in init.el. Not needed where the links come first in PATH.
(with-eval-after-load 'dape
  (setf (plist-get (alist-get 'dlv dape-configs) 'command) {}))
)lisp",
                       json_quoted(dlv_link));
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
