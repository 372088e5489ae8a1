// SPDX-License-Identifier: Apache-2.0
// The real binary: arguments → exit status, stdout, stderr, and what the command inherits. No root, no systemd.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "sys/fd.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

struct Outcome {
    int status = -1; ///< exit status, or 128 + signal
    std::string out, err;
    long max_rss_kib = 0;
};

/// A directory of its own: configuration, tools and the working directory of each test.
class Cli : public testing::Test {
  protected:
    void SetUp() override
    {
        std::string name = (fs::temp_directory_path() / "dbgscope-cli-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        dir_ = name;
        environment_ = {"PATH=" + dir_.string() + "/bin:/usr/bin:/bin", "HOME=" + dir_.string(), "LANG=C",
                        "XDG_CONFIG_HOME=" + dir_.string() + "/config", "DBGSCOPE_BACKEND=none"};
        fs::create_directories(dir_ / "bin");
        fs::create_directories(dir_ / "config/dbgscope");
    }
    void TearDown() override { fs::remove_all(dir_); }

    void file(const std::string &name, const std::string &text,
              fs::perms mode = fs::perms::owner_read | fs::perms::owner_write)
    {
        std::ofstream(dir_ / name) << text;
        fs::permissions(dir_ / name, mode);
    }
    void tool(const std::string &name, const std::string &script)
    {
        file("bin/" + name, "#!/bin/sh\n" + script + "\n", fs::perms::owner_all);
    }

    Outcome run(std::vector<std::string> words, const std::string &program = DBGSCOPE_BINARY)
    {
        int out[2];
        int err[2];
        EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
        EXPECT_EQ(::pipe2(err, O_CLOEXEC), 0);
        words.insert(words.begin(), program);
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            ::dup2(err[1], STDERR_FILENO);
            if (::chdir(dir_.c_str()) != 0)
                ::_exit(99);
            std::vector<char *> argv;
            for (std::string &word : words)
                argv.push_back(word.data());
            argv.push_back(nullptr);
            std::vector<char *> envp;
            for (std::string &entry : environment_)
                envp.push_back(entry.data());
            envp.push_back(nullptr);
            ::execve(program.c_str(), argv.data(), envp.data());
            ::_exit(98);
        }
        pid_ = pid;
        ::close(out[1]);
        ::close(err[1]);
        Outcome outcome;
        drain(UniqueFd(out[0]), UniqueFd(err[0]), outcome);
        int status = 0;
        rusage usage{};
        ::wait4(pid, &status, 0, &usage);
        outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        outcome.max_rss_kib = usage.ru_maxrss;
        return outcome;
    }

    static void drain(UniqueFd out, UniqueFd err, Outcome &outcome)
    {
        pollfd ends[] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}};
        std::string *texts[] = {&outcome.out, &outcome.err};
        for (int open = 2; open > 0;) {
            if (::poll(ends, 2, 30'000) <= 0) {
                ADD_FAILURE() << "no answer within 30 s";
                return;
            }
            for (int i = 0; i < 2; ++i) {
                if (ends[i].revents == 0)
                    continue;
                char block[4096];
                const ssize_t got = ::read(ends[i].fd, block, sizeof block);
                if (got > 0) {
                    texts[i]->append(block, static_cast<std::size_t>(got));
                } else {
                    ends[i].fd = -1;
                    --open;
                }
            }
        }
    }

    void expect(const std::vector<std::string> &words, int status, const std::string &in_stderr,
                const std::string &in_stdout = "")
    {
        const Outcome got = run(words);
        std::string line;
        for (const std::string &word : words)
            line += word + ' ';
        EXPECT_EQ(got.status, status) << line << "\nstderr: " << got.err;
        EXPECT_NE(got.err.find(in_stderr), std::string::npos) << line << "\nstderr: " << got.err;
        if (in_stdout.empty())
            EXPECT_EQ(got.out, "") << line;
        else
            EXPECT_NE(got.out.find(in_stdout), std::string::npos) << line << "\nstdout: " << got.out;
    }

    fs::path dir_;
    std::vector<std::string> environment_;
    pid_t pid_ = 0;
};

TEST_F(Cli, BadInputHasAClearErrorAndStatus125)
{
    const struct {
        std::vector<std::string> words;
        const char *error;
    } table[] = {
        {{}, "no command given"},
        {{"rnu", "true"}, "did you mean run?"},
        {{"goroutine"}, "did you mean goroutines?"},
        {{"heap", "--pid=x"}, "not the number of a process"},
        {{"heap", "--json=no"}, "cannot use --json=no: it takes no value"},
        {{"heap", "--pid=0"}, "not the number of a process"},
        {{"heap", "--pid=12x"}, "not the number of a process"},
        {{"heap", "--pid=2147483647"}, "there is no such process"},
        {{"heap", "one", "--pid=1"}, "more than one of a session"},
        {{"heap", "one", "two"}, "unexpected word \"two\""},
        {{"goroutines", "--core=/dev/null"}, "--core and --exe go together"},
        {{"goroutines", "--exe=/dev/null"}, "--core and --exe go together"},
        {{"snapshot", "--core=/dev/null", "--exe=/dev/null"}, "not a core file"},
        {{"top"}, "this is no terminal (--json or --once needs none)"},
        {{"top", "one", "two"}, "unexpected word \"two\""},
        {{"top", "--jsno"}, "did you mean --json?"},
        {{"top", "no-such-session", "--once"}, "cannot find session \"no-such-session\""},
        {{"heap", "--core=/nonexistent", "--exe=/dev/null"}, "No such file"},
        {{"--heap-profile=maybe", "dlv", "exec", "x"}, "auto"},
        {{"--notify=maybe", "dlv", "exec", "x"}, "auto"},
        {{"--memroy-max=1G", "dlv"}, "did you mean --memory-max?"},
        {{"--watch=x", "dlv", "version"}, "read the command line: --watch takes yes or no, not \"x\""},
        {{"run", "--no-watch==-s", "--", "true"}, "read the command line: --no-watch takes yes or no, not \"=-s\""},
        {{"run", "--memory-max=12Q", "true"}, "unknown unit"},
        {{"run", "--memory-max=-5M", "true"}, "negative"},
        {{"run", "--memory-max=99999999999999999999", "true"}, "too large"},
        {{"run", "--memory-max=0", "true"}, "0"},
        {{"run", "--memory-max=1M", "true"}, "8M"},
        {{"run", "--memory-max", "true"}, "true"},
        {{"run", "--memory-max=", "echo", "started"}, "--memory-max \"\": empty"},
        {{"--memory-max=", "dlv", "version"}, "--memory-max \"\": empty"},
        {{"run", "-E", "1BAD=3", "true"}, "begins with no digit"},
        {{"run", "--setenv=", "true"}, "a name is of letters"},
        {{"run"}, "no command given"},
        {{"run", "--"}, "no command given"},
        {{"run", "--pty", "true"}, "keeps the terminal"},
        {{"run", "--on-calendar=daily", "true"}, "services"},
        {{"run", "-p", "MemoyMax=1G", "true"}, "MemoryMax"},
        {{"run", "-p", "Restart=always", "true"}, "Restart"},
        {{"run", "--backend=docker", "true"}, "docker"},
        {{"run", "--unit=a/b", "true"}, "unit name"},
        {{"run", "--nice=99", "true"}, "99"},
        {{"run", "--assume=no-gravity", "true"}, "no-gravity"},
        {{"run", "--profile=nowhere", "true"}, "nowhere"},
        {{"profile", "frobnicate"}, "frobnicate"},
        {{"profile", "check", "nowhere.yaml"}, "nowhere.yaml"},
        {{"set", "debug.slice"}, "too few words"},
        {{"set", "debug", "memory.max=1G"}, "neither a .slice nor a .scope"},
        {{"set", "debug.slice", "memory.mxa=1G"}, "did you mean memory.max"},
        {{"status", "now"}, "unexpected word"},
        {{"--facts=nowhere.json", "dlv", "exec", "./x"}, "nowhere.json"},
    };
    for (const auto &row : table)
        expect(row.words, 125, row.error);
}

TEST_F(Cli, MissingAndUnusableCommandsHaveTheShellsStatus)
{
    file("notexec", "#!/bin/sh\n");
    expect({"run", "no-such-command"}, 127, "no-such-command");
    expect({"run", "./nowhere"}, 127, "./nowhere");
    expect({"run", "./notexec"}, 126, "notexec");
    expect({"run", "/tmp"}, 126, "/tmp");
}

TEST_F(Cli, TheCommandsOwnStatusOutputAndArgumentsPassThrough)
{
    expect({"run", "-q", "sh", "-c", "exit 7"}, 7, "");
    expect({"run", "-q", "sh", "-c", "kill -9 $$"}, 137, "");
    expect({"run", "-q", "--", "printf", "%s|", "-p", "--", "$HOME", ""}, 0, "", "-p|--|$HOME||");
    expect({"run", "-q", "printf", "%s|", "--memory-max=x", "--", "--"}, 0, "", "--memory-max=x|--|--|");
    expect({"run", "-q", "-E", "A=b c", "sh", "-c", "echo \"$A\""}, 0, "", "b c");
    expect({"run", "-q", "--description=", "--slice=", "env", "echo", "hello"}, 0, "", "hello\n");
    expect({"run", "-q", "-E", "NOTSET", "sh", "-c", "echo \"[${NOTSET-unset}]\""}, 0, "", "[]\n");
    expect({"run", "-q", "--expand-environment", "-E", "X=y", "echo", "${HOME}"}, 0, "", dir_.string());
}

TEST_F(Cli, ExecInPlaceKeepsThePid)
{
    const Outcome got = run({"run", "-q", "sh", "-c", "echo $$"});
    EXPECT_EQ(got.out, std::to_string(pid_) + "\n");
}

TEST_F(Cli, NoDescriptorIsLeaked)
{
    const Outcome plain = run({"-c", "ls /proc/self/fd"}, "/bin/sh");
    const Outcome ours = run({"run", "-q", "sh", "-c", "ls /proc/self/fd"});
    EXPECT_EQ(ours.out, plain.out);
    EXPECT_EQ(ours.err, "");
}

#ifndef DBGSCOPE_SANITIZED // whose own memory is all that would be measured
TEST_F(Cli, UsesLittleMemory)
{
    const Outcome got = run({"run", "-q", "true"});
    EXPECT_EQ(got.status, 0);
    EXPECT_LT(got.max_rss_kib, 20 * 1024);
}
#endif

TEST_F(Cli, AWarningIsOneLineAndTheCommandStillStarts)
{
    const Outcome got = run({"run", "--memory-max=64M", "echo", "started"});
    EXPECT_EQ(got.status, 0);
    EXPECT_EQ(got.out, "started\n");
    EXPECT_NE(got.err.find("dbgscope: the memory limit of 64M is not enforced"), std::string::npos) << got.err;
    EXPECT_EQ(run({"run", "--require=limit", "--memory-max=64M", "echo", "started"}).status, 125);
    EXPECT_EQ(run({"run", "--require=scope", "echo", "started"}).out, "");
}

TEST_F(Cli, DebuggersGetTheirArgumentsByteForByte)
{
    tool("dlv", "for a; do printf '[%s]' \"$a\"; done");
    const Outcome got = run({"-q", "dlv", "--headless", "exec", "./a b", "--", "--memory-max=1G", "\xff", ""});
    EXPECT_EQ(got.out, "[--headless][exec][./a b][--][--memory-max=1G][\xff][]") << got.err;
}

TEST_F(Cli, ALinkNamedDlvIsDlvAndNeverLoops)
{
    fs::create_symlink(DBGSCOPE_BINARY, dir_ / "bin/dlv");
    environment_.push_back("DBGSCOPE_QUIET=1");
    EXPECT_EQ(run({"version"}, (dir_ / "bin/dlv").string()).status, fs::exists("/usr/bin/dlv") ? 0 : 127);
    environment_[0] = "PATH=" + (dir_ / "bin").string();
    const Outcome alone = run({"exec", "./x"}, (dir_ / "bin/dlv").string());
    EXPECT_EQ(alone.status, 127) << alone.err;
    fs::create_directories(dir_ / "real");
    file("real/dlv", "#!/bin/sh\necho real \"$@\"\n", fs::perms::owner_all);
    environment_[0] += ":" + (dir_ / "real").string() + ":/bin";
    EXPECT_EQ(run({"exec", "./x"}, (dir_ / "bin/dlv").string()).out, "real exec ./x\n");
    environment_.push_back("DBGSCOPE_DEBUGGERS_DLV=" + (dir_ / "bin/dlv").string());
    EXPECT_EQ(run({"exec", "./x"}, (dir_ / "bin/dlv").string()).status, 127);
}

TEST_F(Cli, VerbsWithoutADebuggeeSayNothing)
{
    tool("dlv", "echo \"$DBGSCOPE_SESSION\" \"$@\"");
    const Outcome got = run({"dlv", "version"});
    EXPECT_EQ(got.out, " version\n");
    EXPECT_EQ(got.err, "");
}

TEST_F(Cli, ConfigurationErrorsNameThePlace)
{
    file("config/dbgscope/config.yaml", "memory:\n  maxx: 1G\n");
    expect({"run", "true"}, 125, "config.yaml:2:3");
    file("config/dbgscope/config.yaml", "memory:\n  max: 12Q\n");
    expect({"run", "true"}, 125, "config.yaml:2:8");
    file("config/dbgscope/config.yaml", std::string("a: \0b\n", 6));
    expect({"run", "true"}, 125, "config.yaml");
    file("config/dbgscope/config.yaml", "a: &x [*x]\n");
    expect({"run", "true"}, 125, "config.yaml");
    file("config/dbgscope/config.yaml", std::string(200'000, '#'));
    expect({"run", "true"}, 125, "config.yaml");
    file("config/dbgscope/config.yaml", "quiet: yes\n");
    expect({"run", "echo", "ok"}, 0, "", "ok");
}

TEST_F(Cli, HelpVersionAndProfilesGoToStdout)
{
    expect({"--help"}, 0, "", "--memory-max");
    expect({"run", "--help"}, 0, "", "--memory-max");
    expect({"--version"}, 0, "", "dbgscope ");
    expect({"profile", "list"}, 0, "", "gc-trace");
    expect({"--memory-max=1G", "profile", "show", "--origin"}, 0, "", "--memory-max");
    expect({"status"}, 0, "", "backend");
    expect({"status", "--json"}, 0, "", "\"schema\"");
    expect({"run", "--dry-run", "true"}, 0, "", "exec");
    expect({"run", "--dry-run", "--json", "true"}, 0, "", "\"steps\"");
}

TEST_F(Cli, AnOptionTakesTheValuesThatAPropertyTakes)
{
    expect({"run", "--dry-run", "--memory-max=1G 512M", "true"}, 0, "", "1.5G");
    expect({"run", "--dry-run", "--memory-max=125\u2030", "true"}, 0, "", "cap:");
    expect({"run", "--dry-run", "--memory-max=512M 1G", "true"}, 125, "--memory-max \"512M 1G\": units do not fall");
    expect({"--client-timeout=0", "profile", "show"}, 0, "", "client_timeout");
    expect({"--client-timeout=-1", "profile", "show"}, 125, "negative");
}

TEST_F(Cli, AnErrorNamesWhereTheWordsCameFrom)
{
    expect({"gdb", "--dbgscope-memory-max", "p"}, 125, "the --dbgscope- options");
    expect({"--memory-max"}, 125, "the command line");
    expect({"--memroy-max=1G", "run", "true"}, 125, "did you mean --memory-max?");
    file("config/dbgscope/config.yaml", "memory:\n  max: 1Q\n");
    expect({"run", "true"}, 125, "config.yaml:2:8: memory.max \"1Q\": unknown unit");
}

TEST_F(Cli, AFactsDumpPlansElsewhere)
{
    const Outcome dump = run({"status", "--json"});
    file("facts.json", dump.out);
    expect({"--facts=facts.json", "dlv", "exec", "./x"}, 0, "", "exec");
    file("facts.json", "{\"schema\": 99}");
    expect({"--facts=facts.json", "dlv", "exec", "./x"}, 125, "facts.json");
}

} // namespace
} // namespace dbgscope
