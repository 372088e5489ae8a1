// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

namespace dbgscope {
namespace {

// Between an editor and its debugger: ports, connections, start-up deadlines, flags.
constexpr Rule kRules[] = {
    {.id = "port-in-use",
     .severity = Severity::failure,
     .applies = "dlv, gdbserver",
     .patterns = {"couldn't start listener: listen tcp {address_}: bind: address already in use",
                  "^Can't bind address: Address already in use."},
     .samples = {"couldn't start listener: listen tcp 127.0.0.1:2345: bind: address already in use",
                 "Can't bind address: Address already in use."},
     .what = "the debugger could not listen: its port is taken",
     .cause = "Another process listens there, most often a debugger left over from a session before.",
     .cure = "dbgscope stop --port PORT ends a session that holds it; ss -ltnp shows who does. With :0 a free port is "
             "chosen."},
    {.id = "program-port-in-use",
     .severity = Severity::warning,
     .applies = "Go programs",
     .patterns = {"listen tcp {address_}: bind: address already in use"},
     .samples = {"2026/11/22 10:00:00 listen tcp :8080: bind: address already in use"},
     .what = "the program could not listen on {address}: the port is taken",
     .cause = "Another process has it, most often the same program, left running by a debugger that was killed.",
     .cure = "ss -ltnp shows who has it; a program started by dbgscope is ended with its debugger.",
     .unless = "couldn't start listener"},
    {.id = "dap-start-timeout",
     .severity = Severity::failure,
     .applies = "VS Code with the Go extension",
     .patterns = {"timed out while waiting for DAP server to start"},
     .samples = {"timed out while waiting for DAP server to start"},
     .what = "VS Code waited 30 s for dlv's ready line and did not see it",
     .cause =
         "The line goes to file descriptor 3. A wrapper that closes it (sudo does, from 3 on), or does not pass it "
         "on, leaves dlv running unseen; so does a dlv that never got as far.",
     .cure =
         "With sudo: sudo -C 4 dlv --only-same-user=false \"$@\", with closefrom_override set in sudoers. A wrapper "
         "has to exec dlv, or to pass descriptor 3 on. The dlv left over holds its port.",
     .caused_by = {"sudo-no-password", "gomemlimit-malformed", "godebug-removed", "godebug-cgocheck"}},
    {.id = "dap-couldnt-start",
     .severity = Severity::failure,
     .applies = "VS Code with the Go extension",
     .patterns = {"Couldn't start dlv dap:"},
     .samples = {"Couldn't start dlv dap:"},
     .what = "VS Code could not start dlv dap",
     .cause = "The lines after this one say why: no ready line, no connection, or a dlv that ended at once.",
     .cure = "Run the same dlv by hand: dlv dap --listen=127.0.0.1:0; it has to print \"DAP server listening at\".",
     .caused_by = {"dap-start-timeout", "dap-connect-timeout", "connection-refused", "port-in-use", "dlv-missing"}},
    {.id = "dap-connect-timeout",
     .severity = Severity::failure,
     .applies = "VS Code with the Go extension",
     .patterns = {"?^connection timeout$"},
     .samples = {"connection timeout"},
     .what = "VS Code did not get a connection to dlv within a second",
     .cause =
         "dlv said that it listens, and then did not answer: a machine under load, a proxy or firewall in between, "
         "or a listener in another network namespace.",
     .cure = "Try again; if it stays, look whether dlv runs in a container of its own, and on 127.0.0.1 there."},
    {.id = "connection-refused",
     .severity = Severity::failure,
     .applies = "VS Code, nvim-dap, gdb",
     .patterns = {"connect ECONNREFUSED {address@}", "^{address_}: Connection refused.",
                  "Couldn't connect to {address_}: ECONNREFUSED", "?connect ECONNREFUSED {address%}"},
     .samples = {"Error: connect ECONNREFUSED 127.0.0.1:2345", "127.0.0.1:2345: Connection refused.",
                 "Couldn't connect to 127.0.0.1:38697: ECONNREFUSED", "Error: connect ECONNREFUSED 127.0.0.1:43651"},
     .what = "nobody listens at {address}",
     .cause =
         "The debugger has ended, was never started, or listens elsewhere. dlv dap takes one client: something that "
         "only probed the port has used it up.",
     .cure = "Start the debugger first; look at its own output for why it ended; do not probe the port."},
    {.id = "gdb-connect-timeout",
     .severity = Severity::failure,
     .applies = "gdb",
     .patterns = {"^{address_}: Connection timed out."},
     .samples = {"127.0.0.1:39999: Connection timed out."},
     .what = "gdb did not reach a gdbserver at {address}",
     .cause = "gdb tries for 15 s. Nobody listens there, or packets do not get through.",
     .cure =
         "Start gdbserver first and look at its \"Listening on port\" line; ss -ltn on its machine shows the port."},
    {.id = "remote-closed",
     .severity = Severity::failure,
     .applies = "gdb with gdbserver",
     .patterns = {"^Remote connection closed$"},
     .samples = {"Remote connection closed"},
     .what = "gdbserver ended, or the connection to it broke",
     .cause = "gdbserver dies of any SIGTERM, SIGINT or SIGHUP, and with it the program. A kill for memory of the "
              "gdbserver looks the same.",
     .cure = "Look at gdbserver's last lines and at the kernel's log.",
     .caused_by = kKilledForMemory},
    {.id = "dlv-dap-killed",
     .severity = Severity::failure,
     .applies = "VS Code with the Go extension",
     .patterns = {"dlv dap ({pid#}) was killed by signal: SIGKILL"},
     .samples = {"dlv dap (4711) was killed by signal: SIGKILL"},
     .what = "dlv itself (pid {pid}) was killed with SIGKILL",
     .cause =
         "The debugger and the program share a memory limit, and the kernel took the larger one; or somebody killed "
         "it. The program may still be running: dlv killed this way does not take it along.",
     .cure = "Give the debuggee a limit of its own (dbgscope does); pgrep __debug_bin shows one left running.",
     .caused_by = kKilledForMemory},
    {.id = "different-user",
     .severity = Severity::failure,
     .applies = "dlv 1.4 and later",
     .patterns = {"closing connection from different user ({user}): connections to localhost are only accepted"},
     .samples = {"closing connection from different user (127.0.0.1:51234): connections to localhost are only accepted "
                 "from the same UNIX user for security reasons"},
     .what = "dlv closed a connection: the client is another user",
     .cause = "dlv takes local clients of its own user only. Under sudo dlv is root and the editor is not.",
     .cure = "dlv --only-same-user=false, knowing that every user of this machine can then use it."},
    {.id = "sudo-no-password",
     .severity = Severity::failure,
     .applies = "sudo",
     .patterns = {"sudo: a terminal is required to read the password", "sudo: a password is required"},
     .samples = {"sudo: a terminal is required to read the password; either use the -S option to read from standard "
                 "input or configure an askpass helper",
                 "sudo: a password is required"},
     .what = "sudo asked for a password and had no terminal to ask on",
     .cause = "A wrapper around the debugger, a build or a job runs it; editors and CI systems start those without a "
              "terminal.",
     .cure = "A NOPASSWD rule for that one command, or \"console\": \"integratedTerminal\" with \"asRoot\": true."},
    {.id = "dlv-missing",
     .severity = Severity::failure,
     .applies = "VS Code with the Go extension",
     .patterns = {"Cannot find Delve debugger (dlv dap)"},
     .samples = {"Cannot find Delve debugger (dlv dap)"},
     .what = "VS Code found no dlv",
     .cause = "It looks in go.alternateTools, GOBIN, GOPATH/bin, GOROOT/bin and PATH, once a window, with the "
              "environment VS Code was started with.",
     .cure =
         "Set go.alternateTools {\"dlv\": \"/full/path\"} (dbgscope init vscode writes it), then reload the window."},
    {.id = "tools-recompile",
     .severity = Severity::note,
     .applies = "VS Code with the Go extension",
     .patterns = {"Tools ({tools}) need recompiling to work with"},
     .samples = {"Tools (dlv) need recompiling to work with go version go1.24.1 linux/amd64"},
     .what = "the Go extension cannot read the build information of {tools}",
     .cause = "It runs go version -m on each tool. A wrapper that is no Go program has none: then this means nothing.",
     .cure = "For a wrapper: ignore it, and do not press \"Update tools\", which may overwrite it. For a real dlv: go "
             "install it again."},
    {.id = "debug-server-start",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools",
     .patterns = {"Debug server process failed to initialize."},
     .samples = {"Debug server process failed to initialize."},
     .what = "cpptools waited for gdbserver's ready line and did not see it",
     .cause =
         "It reads standard output, where gdbserver says nothing: its \"Listening on port\" goes to standard error.",
     .cure = "\"filterStderr\": true, \"serverStarted\": \"Listening on port\" in launch.json."},
    {.id = "dap-flag-ignored",
     .severity = Severity::warning,
     .applies = "dlv dap",
     .patterns = {"ignored with dap; specify via launch/attach request instead"},
     .samples = {"Warning: backend ignored with dap; specify via launch/attach request instead"},
     .what = "dlv dap ignored a flag",
     .cause = "Under dlv dap what to build and run comes from the client's launch request, not from the command line.",
     .cure = "Put it in launch.json: buildFlags, cwd, args, backend."},
    {.id = "log-output-without-log",
     .severity = Severity::failure,
     .applies = "dlv 1.0 and later",
     .patterns = {"--log-output specified without --log"},
     .samples = {"--log-output specified without --log"},
     .what = "dlv refused its flags: --log-output needs --log",
     .cause = "--log-output only chooses what is logged.",
     .cure = "Add --log; in launch.json \"showLog\": true."},
    {.id = "continue-needs-headless",
     .severity = Severity::failure,
     .applies = "dlv 1.3 and later",
     .patterns = {"--continue only works with --headless; use an init file",
                  "--continue requires --accept-multiclient"},
     .samples = {"Error: --continue only works with --headless; use an init file",
                 "Error: --continue requires --accept-multiclient"},
     .what = "dlv refused its flags: --continue is for headless servers",
     .cause = "With a prompt there is somebody to type continue.",
     .cure = "--headless --accept-multiclient --continue, or --init FILE with the line continue."},
    {.id = "api-version",
     .severity = Severity::failure,
     .applies = "dlv; version 1 is gone from 1.24.0 on",
     .patterns = {"^Unknown API version: {version#}$", "?^unknown API version$"},
     .samples = {"Unknown API version: 3", "unknown API version"},
     .what = "dlv does not speak the API version it was asked for",
     .cause = "--api-version=1 was removed in dlv 1.24.0; only 2 is left.",
     .cure = "--api-version=2, and a client that speaks it (\"apiVersion\": 2)."},
};

} // namespace

std::span<const Rule> client_rules()
{
    return kRules;
}

} // namespace dbgscope
