// SPDX-License-Identifier: Apache-2.0
#include "debugger/call.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace dbgscope {
namespace {

std::vector<std::string> words(const std::string &line)
{
    std::istringstream in(line);
    std::vector<std::string> out;
    for (std::string word; in >> word;)
        out.push_back(word);
    return out;
}

struct Case {
    const char *line; ///< tool and arguments, split at blanks
    const char *verb;
    CallKind kind;
    bool builds = false;
    bool headless = false;
    const char *program = nullptr;
};

constexpr auto kLaunch = CallKind::launch;
constexpr auto kAttach = CallKind::attach;
constexpr auto kPass = CallKind::pass_through;

void check(const Case &expected)
{
    SCOPED_TRACE(expected.line);
    std::vector<std::string> arguments = words(expected.line);
    const std::optional<Tool> tool = tool_from_name(arguments.at(0));
    ASSERT_TRUE(tool);
    arguments.erase(arguments.begin());
    const DebuggerCall call = read_call(*tool, arguments);
    EXPECT_EQ(call.tool, *tool);
    EXPECT_EQ(call.verb, expected.verb);
    EXPECT_EQ(call.kind, expected.kind);
    EXPECT_EQ(call.builds, expected.builds);
    EXPECT_EQ(call.headless, expected.headless);
    EXPECT_EQ(call.program, expected.program == nullptr ? std::nullopt : std::optional<std::string>(expected.program));
}

// What real clients send.
TEST(ReadCall, Clients)
{
    const Case cases[] = {
        // VS Code Go: dlvFlags first, then its own; in a terminal it is dialled instead of listening.
        {"dlv dap --check-go-version=false --log=true --log-output=dap --listen=127.0.0.1:41234 --log-dest=3", "dap",
         kLaunch, true, true},
        {"dlv dap --client-addr=:41234", "dap", kLaunch, true, true},
        {"dlv substitute-path-guess-helper", "substitute-path-guess-helper", kPass},
        // VS Code Go's legacy adapter: flags after the positional.
        {"dlv exec /w/prog --headless=true --listen=127.0.0.1:2345 --api-version=2 --wd=/w -- -v", "exec", kLaunch,
         false, true, "/w/prog"},
        {"dlv debug ./cmd/x --headless=true --listen=127.0.0.1:1 --build-flags=-tags=x --output=/tmp/b", "debug",
         kLaunch, true, true},
        {"dlv attach 4711 --headless=true --listen=127.0.0.1:1", "attach", kAttach, false, true},
        // nvim-dap-go, Helix | dape | dap-mode, vimspector | Zed.
        {"dlv dap -l 127.0.0.1:38697", "dap", kLaunch, true, true},
        {"dlv dap --listen 127.0.0.1:38697", "dap", kLaunch, true, true},
        {"dlv dap --listen 127.0.0.1:38697 --log --log-output dap", "dap", kLaunch, true, true},
        {"dlv dap --listen=127.0.0.1:38697", "dap", kLaunch, true, true},
        // GoLand: flags before the verb, a bare -- at the end.
        {"dlv --listen=localhost:1 --headless=true --api-version=2 --check-go-version=false --only-same-user=false "
         "exec "
         "/tmp/___go_build_main_go --",
         "exec", kLaunch, false, true, "/tmp/___go_build_main_go"},
        // Containers (delve#3903). Before the verb cobra takes the word after an unknown flag for its value.
        {"dlv --continue --listen=:40000 --headless=true --api-version=2 --accept-multiclient exec ./app", "exec",
         kLaunch, false, true, "./app"},
        // cpptools: gdbserver, and gdb as MI.
        {"gdbserver --once :1234 /w/prog -x", "", kLaunch, false, true, "/w/prog"},
        {"gdb --interpreter=mi", "", kLaunch, false, true},
        {"gdb -i=dap", "", kLaunch, false, true},
    };
    for (const Case &one : cases)
        check(one);
}

TEST(ReadCall, Dlv)
{
    const Case cases[] = {
        {"dlv exec ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv exec -- ./p -x", "exec", kLaunch, false, false, "./p"},
        {"dlv exec --tty debug ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv --tty debug exec ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv --wd version exec ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv -r stdin:x --listen exec exec -r stdout:y ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv -l:0 exec ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv -lh exec ./p", "exec", kLaunch, false, false, "./p"}, // listens on "h"
        {"dlv exec ./p -- --help", "exec", kLaunch, false, false, "./p"},
        {"dlv exec --help=false ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv exec --headless --headless=false ./p", "exec", kLaunch, false, false, "./p"},
        {"dlv exec", "exec", kLaunch},
        {"dlv debug", "debug", kLaunch, true},
        {"dlv test ./pkg -- -test.run X", "test", kLaunch, true},
        {"dlv dap --headless=false", "dap", kLaunch, true, true},
        {"dlv trace main.f", "trace", kLaunch, true},
        {"dlv trace -e ./p main.f", "trace", kLaunch, false, false, "./p"},
        {"dlv trace --exec=./p main.f", "trace", kLaunch, false, false, "./p"},
        {"dlv trace -p 12 main.f", "trace", kAttach},
        {"dlv trace -tp12 main.f", "trace", kAttach},
        {"dlv trace -p=12 main.f", "trace", kAttach},
        {"dlv trace -p 0 main.f", "trace", kLaunch, true},
        {"dlv attach 12", "attach", kAttach},
        {"dlv attach --waitfor exec", "attach", kAttach},
        {"dlv core ./p ./core", "core", kAttach, false, false, "./p"},
        {"dlv replay -p 3 /t", "replay", kAttach},
        {"dlv", "", kPass},
        {"dlv -h", "", kPass},
        {"dlv --help exec", "", kPass},
        {"dlv help exec", "help", kPass},
        {"dlv exec -h", "exec", kPass},
        {"dlv exec ./p --help", "exec", kPass, false, false, "./p"},
        {"dlv attach 3 -h", "attach", kPass},
        {"dlv version -v", "version", kPass},
        {"dlv --log version", "version", kPass},
        {"dlv --listen :0 version", "version", kPass},
        {"dlv connect :1", "connect", kPass},
        {"dlv completion bash", "completion", kPass},
        {"dlv __complete exec", "__complete", kPass},
        {"dlv run", "run", kPass}, // prints that it is deprecated, nothing more
        {"dlv exe ./p", "exe", kPass},
        {"dlv -- exec ./p", "", kPass},
        {"dlv --listen exec", "", kPass},
        {"dlv --continue exec ./p", "./p", kPass}, // dlv: unknown command "./p"
    };
    for (const Case &one : cases)
        check(one);
}

TEST(ReadCall, GdbAndLldb)
{
    const Case cases[] = {
        {"gdb", "", kLaunch},
        {"gdb ./p", "", kLaunch, false, false, "./p"},
        {"gdb -q -x cmds -ex run ./p", "", kLaunch, false, false, "./p"},
        {"gdb ./p 4711", "", kAttach, false, false, "./p"},
        {"gdb ./p core", "", kAttach, false, false, "./p"},
        {"gdb --args ./p 4711", "", kLaunch, false, false, "./p"},
        {"gdb -args ./p --version -p 1", "", kLaunch, false, false, "./p"},
        {"gdb ./a --args ./p b", "", kLaunch, false, false, "./p"},
        {"gdb -batch -ex bt -p 12", "", kAttach},
        {"gdb --pid=12 ./p", "", kAttach, false, false, "./p"},
        {"gdb -pid 12", "", kAttach},
        {"gdb -c core ./p", "", kAttach, false, false, "./p"},
        {"gdb --core=core", "", kAttach},
        {"gdb -cor core", "", kAttach},
        {"gdb -ex --version ./p", "", kLaunch, false, false, "./p"},
        {"gdb -e ./p -s ./p.debug", "", kLaunch, false, false, "./p"},
        {"gdb -i mi2 ./p", "", kLaunch, false, true, "./p"},
        {"gdb -inter=mi ./p", "", kLaunch, false, true, "./p"},
        {"gdb --interpreter=console ./p", "", kLaunch, false, false, "./p"},
        {"gdb -- -p", "", kLaunch, false, false, "-p"},
        {"gdb --version", "", kPass},
        {"gdb -v", "", kPass},
        {"gdb -h", "", kPass},
        {"gdb --conf", "", kPass},
        {"lldb-server gdbserver :1234 -- ./p -h", "gdbserver", kLaunch, false, true, "./p"},
        {"lldb-server g --fd 3 :0 ./p", "gdbserver", kLaunch, false, true, "./p"},
        {"lldb-server gdbserver --attach 12 :1234", "gdbserver", kAttach, false, true},
        {"lldb-server gdbserver --attach=12 :1234", "gdbserver", kAttach, false, true},
        {"lldb-server gdbserver --help", "gdbserver", kPass, false, true},
        {"lldb-server platform --server --listen *:1234", "platform", kLaunch, false, true},
        {"lldb-server version", "version", kPass},
        {"lldb-server", "", kPass},
        {"lldb-server --help", "", kPass},
        {"lldb-dap", "", kLaunch, false, true},
        {"lldb-dap --port 0", "", kLaunch, false, true},
        {"lldb-dap --version", "", kPass, false, true},
        {"lldb-dap --comm-file f --launch-target ./p --help", "", kLaunch, false, true, "./p"},
    };
    for (const Case &one : cases)
        check(one);
}

TEST(ReadCall, Gdbserver)
{
    struct Server {
        const char *line;
        CallKind kind;
        const char *program;
        bool wrapper;
    };
    const Server cases[] = {
        {":3000 ./p a", kLaunch, "./p", true},
        {"--once --no-disable-randomization localhost:0 ./p", kLaunch, "./p", true},
        {"- ./p --attach", kLaunch, "./p", true},
        {"stdio ./p", kLaunch, "./p", true},
        {"--multi :3000", kLaunch, nullptr, true},
        {"--wrapper env A=1 -- :3000 ./p", kLaunch, "./p", false},
        {"--wrapper env --attach -- :3000 ./p", kLaunch, "./p", false},
        {"--no-startup-with-shell :3000 ./p", kLaunch, "./p", false},
        {"--no-startup-with-shell --startup-with-shell :3000 ./p", kLaunch, "./p", true},
        {"--attach :3000 12", kAttach, nullptr, false},
        {"--once --attach :3000 12", kAttach, nullptr, false},
        {"--version", kPass, nullptr, false},
        {"--debug --help", kPass, nullptr, false},
        {"--disable-packet", kPass, nullptr, false},
        {"--disable-packet=vCont :1 ./p", kLaunch, "./p", true},
        {"--wrapper env", kLaunch, nullptr, false}, // gdbserver prints its usage
        {"", kLaunch, nullptr, true},
    };
    for (const Server &one : cases) {
        SCOPED_TRACE(one.line);
        const DebuggerCall call = read_call(Tool::gdbserver, words(one.line));
        EXPECT_EQ(call.kind, one.kind);
        EXPECT_EQ(call.program, one.program == nullptr ? std::nullopt : std::optional<std::string>(one.program));
        EXPECT_EQ(call.wrapper_at, one.wrapper ? std::optional<std::size_t>(0) : std::nullopt);
        EXPECT_TRUE(call.headless);
    }
}

TEST(ReadCall, WhatIsAttachedTo)
{
    const std::pair<const char *, std::uint32_t> cases[] = {
        {"dlv attach 12", 12},
        {"dlv attach --headless 12 ./p", 12},
        {"dlv attach --waitfor exec", 0},
        {"dlv trace --pid 7 main", 7},
        {"dlv core ./p ./core", 0},
        {"dlv exec 12", 0},
        {"gdb -p 12", 12},
        {"gdb ./p 12", 12},
        {"gdb ./p core.12", 0},
        {"gdb --args ./p 12", 0},
        {"gdbserver --attach :3000 12", 12},
        {"gdbserver :3000 ./p 12", 0},
        {"lldb-server gdbserver --attach=12 :1234", 12},
        {"gdb -p 99999999999", 0},
        {"gdb -p 12x", 0},
    };
    for (const auto &[line, pid] : cases) {
        std::vector<std::string> arguments = words(line);
        const std::string tool = arguments.front();
        arguments.erase(arguments.begin());
        EXPECT_EQ(read_call(*tool_from_name(tool), arguments).attach_to, pid) << line;
    }
}

TEST(ReadCall, HostileArguments)
{
    const std::vector<std::string> odd[] = {{""},
                                            {"-"},
                                            {"--"},
                                            {"---"},
                                            {"-="},
                                            {"--="},
                                            {"--=x"},
                                            {"-l"},
                                            {"exec", ""},
                                            {"-", "x"},
                                            {"\x01\xff"},
                                            {"exec", "-\xff"},
                                            {"", "", "exec", "-l"}};
    for (const auto &arguments : odd)
        for (const Tool tool : {Tool::none, Tool::dlv, Tool::gdbserver, Tool::gdb, Tool::lldb_server, Tool::lldb_dap})
            EXPECT_EQ(read_call(tool, arguments).tool, tool);
}

TEST(DebuggerTable, NamesProfilesAndRoutes)
{
    using enum Tool;
    const std::map<std::string_view, Tool> names{{"lldb-server", lldb_server},
                                                 {"lldb-server-14", lldb_server},
                                                 {"lldb-dap-19", lldb_dap},
                                                 {"lldb-vscode", lldb_dap},
                                                 {"lldb-vscode-14", lldb_dap},
                                                 {"dlv-dap", dlv},
                                                 {"gdb-13.2", gdb},
                                                 {"gdb-multiarch", gdb},
                                                 {"rust-gdb", gdb},
                                                 {"x86_64-linux-gnu-gdb", gdb},
                                                 {"aarch64-linux-gnu-gdbserver", gdbserver}};
    for (const auto &[name, tool] : names)
        EXPECT_EQ(tool_from_name(name), tool) << name;
    for (const char *name : {"", "run", "DLV", "/usr/bin/dlv", "-gdb", "lldb-server-", "lldb-server-x", "lldb", "-14"})
        EXPECT_FALSE(tool_from_name(name)) << name;
    EXPECT_EQ(profile_name(Tool::dlv), "dlv");
    EXPECT_EQ(profile_name(Tool::gdbserver), "gdbserver");
    EXPECT_EQ(profile_name(Tool::gdb), "default");
    EXPECT_EQ(profile_name(Tool::none), "default");
    EXPECT_EQ(environment_route(Tool::gdbserver), EnvironmentRoute::wrapper);
    EXPECT_EQ(environment_route(Tool::dlv), EnvironmentRoute::inherited);
    EXPECT_TRUE(searches_path(Tool::gdb));
    EXPECT_FALSE(searches_path(Tool::dlv));
}

// gdbserver hands the words to a shell, joined by blanks.
TEST(WrapperWords, QuotesWhatAShellWouldRead)
{
    EXPECT_EQ(
        wrapper_words({"GOMEMLIMIT=120795955", "GODEBUG=gctrace=1,panicnil=1"}),
        (std::vector<std::string>{"--wrapper", "env", "GOMEMLIMIT=120795955", "GODEBUG=gctrace=1,panicnil=1", "--"}));
    EXPECT_EQ(wrapper_words({"A=x;$y 'z'"}),
              (std::vector<std::string>{"--wrapper", "env", R"('A=x;$y '\''z'\''')", "--"}));
    EXPECT_TRUE(wrapper_words({}).empty());
}

} // namespace
} // namespace dbgscope
