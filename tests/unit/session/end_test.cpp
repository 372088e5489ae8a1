// SPDX-License-Identifier: Apache-2.0
#include "session/end.hpp"

#include <sys/prctl.h>

#include <csignal>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "kernel/cgroup_tree.hpp"
#include "session/record_json.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

/// A child of ours in `directory`. `deaf`: SIGTERM does nothing to it.
class Process {
  public:
    explicit Process(const std::string &directory, bool deaf = false)
    {
        int ready[2] = {-1, -1};
        EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (deaf)
                (void)::signal(SIGTERM, SIG_IGN);
            const bool in = directory.empty() || write_at(AT_FDCWD, directory + "/tasks", "0").has_value();
            (void)!::write(ready[1], "x", in ? 1 : 0);
            (void)::close(ready[1]);
            for (;;)
                ::pause();
        }
        (void)::close(ready[1]);
        char answer = 0;
        EXPECT_EQ(::read(ready[0], &answer, 1), 1) << "cannot enter " << directory;
        (void)::close(ready[0]);
        id_ = process_id(pid_).value_or(ProcessId{});
    }
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;
    ~Process()
    {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] ProcessId id() const { return id_; }
    [[nodiscard]] bool alive() const { return is_alive(id_); }

  private:
    pid_t pid_ = 0;
    ProcessId id_;
};

/// A session as a killed watcher leaves it: a plain v1 cgroup below a test's own, a live record.
class FakeSession {
  public:
    FakeSession() : parent_(test::own_cgroup().memory.chain.back().dir), debugger_("", false)
    {
        record.id = "dlv-test";
        record.boot_id = test::slurp("/proc/sys/kernel/random/boot_id");
        record.boot_id.pop_back();
        record.place.version = 1;
        record.place.divided = true;
        record.debugger = debugger_.id();
        record.place.scope =
            fmt::format("{}/dbgscope.dlv-test.{}-{}", parent_.path(), record.debugger.pid, record.debugger.start_ticks);
        for (const char *name : {"", "/debugger", "/debuggee", "/debuggee/inner"})
            EXPECT_EQ(::mkdir((record.place.scope + name).c_str(), 0755), 0) << name;
        EXPECT_TRUE(
            write_at(AT_FDCWD, record.place.scope + "/debugger/cgroup.procs", std::to_string(record.debugger.pid)));
    }
    [[nodiscard]] Registry registry() const
    {
        auto made = Registry::create({.live = tree_ / "live"});
        EXPECT_TRUE(made && made->write_live(record));
        return std::move(*made);
    }
    [[nodiscard]] LiveSession live(const Registry &registry) const { return registry.list_live().at(0); }
    [[nodiscard]] const Process &debugger() const { return debugger_; }
    [[nodiscard]] bool directory_left() const { return std::filesystem::exists(record.place.scope); }

    SessionRecord record;

  private:
    test::TemporaryDirectory tree_;
    test::HostCgroup parent_;
    Process debugger_;
};

TEST(End, OfAnUnwatchedSessionLeavesNothing)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const FakeSession session;
    const Process debuggee(session.record.place.scope + "/debuggee", true);
    const Process inner(session.record.place.scope + "/debuggee/inner", true);
    const Process helper(session.record.place.scope + "/debugger", true);
    const Process elsewhere("");
    const Registry registry = session.registry();
    EXPECT_EQ(pids_below(session.record.place.scope).size(), 4U);

    const Ending ending(session.live(registry), {});
    ASSERT_TRUE(ending.begin());
    const auto ended = ending.finish(registry);
    EXPECT_TRUE(ended) << to_line(ended.error());
    for (const Process *process : {&session.debugger(), &debuggee, &inner, &helper})
        EXPECT_FALSE(process->alive());
    EXPECT_TRUE(elsewhere.alive());
    EXPECT_FALSE(session.directory_left());
    EXPECT_TRUE(registry.list_live().empty());
}

TEST(End, SparesTheCallerInsideTheSession)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const FakeSession session;
    const Registry registry = session.registry();
    const auto child = test::in_child([&] {
        if (!write_at(AT_FDCWD, session.record.place.scope + "/debugger/tasks", "0"))
            return 1;
        const Ending ending(session.live(registry), {});
        const bool begun = ending.begin().has_value();
        const auto ended = ending.finish(registry);
        return begun && !ended && ended.error().kind == ErrorKind::timeout ? 0 : 2; // its own cgroup stays
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_FALSE(session.debugger().alive());
    EXPECT_TRUE(registry.has_live(session.record)); // what is left can still be seen, and ended
    EXPECT_TRUE(clean_up(registry, session.record, {}));
}

TEST(End, OfADeafDebuggerIsForced)
{
    const Process debugger("", true);
    const test::TemporaryDirectory tree;
    const auto registry = Registry::create({.live = tree / "live"});
    LiveSession session{.record = {.id = "deaf", .debugger = debugger.id()}, .debugger_alive = true};
    ASSERT_TRUE(registry->write_live(session.record));
    for (const bool pidfd : {true, false}) {
        const Ending ending(session, {.use_pidfd = pidfd, .polite = 50ms});
        ASSERT_TRUE(ending.begin());
        EXPECT_TRUE(ending.finish(*registry));
        EXPECT_FALSE(debugger.alive());
        EXPECT_FALSE(registry->has_live(session.record));
    }
}

TEST(End, WaitsForTheWatcher)
{
    const Process debugger("");
    const test::TemporaryDirectory tree;
    const auto registry = Registry::create({.live = tree / "live"});
    SessionRecord record{.id = "watched", .debugger = debugger.id()};
    const pid_t watcher = ::fork();
    if (watcher == 0) {
        while (is_alive(debugger.id()))
            (void)::usleep(1000);
        (void)::usleep(100'000);
        ::_exit(registry->remove_live(record) ? (::pause(), 0) : 1); // stays a little: the record is what counts
    }
    record.watcher = *process_id(watcher);
    ASSERT_TRUE(registry->write_live(record));
    const Ending ending({record, true, true}, {});
    ASSERT_TRUE(ending.begin());
    EXPECT_TRUE(ending.finish(*registry));
    EXPECT_FALSE(registry->has_live(record));
    EXPECT_TRUE(is_alive(record.watcher));
    (void)::kill(watcher, SIGKILL);
    (void)::waitpid(watcher, nullptr, 0);
}

TEST(End, DoesNotWaitForeverForTheWatcher)
{
    const Process debugger(""), watcher("", true);
    const test::TemporaryDirectory tree;
    const auto registry = Registry::create({.live = tree / "live"});
    const SessionRecord record{.id = "stuck", .debugger = debugger.id(), .watcher = watcher.id()};
    ASSERT_TRUE(registry->write_live(record));
    const Ending ending({record, true, true}, {.watcher = 50ms, .history = tree / "history.jsonl"});
    ASSERT_TRUE(ending.begin());
    EXPECT_TRUE(ending.finish(*registry));
    EXPECT_FALSE(registry->has_live(record));
    EXPECT_TRUE(ProcessHandle(watcher.id()).wait_end(5s));
    const auto recorded = record_from_json(test::slurp(tree / "history.jsonl"));
    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->state, SessionState::ended);
    EXPECT_EQ(recorded->verdicts.size(), 1U);
}

TEST(CleanUp, TouchesNoCgroupButTheSessions)
{
    const Process bystander("");
    const test::TemporaryDirectory tree;
    tree.write("system.slice/cgroup.procs", std::to_string(bystander.id().pid) + '\n');
    tree.write("dbgscope.other.1-1/cgroup.procs", std::to_string(bystander.id().pid) + '\n');
    tree.write("x.scope.d/cgroup.procs", std::to_string(bystander.id().pid) + '\n');
    const auto registry = Registry::create({.live = tree / "live"});
    for (const char *directory : {"system.slice", "dbgscope.other.1-1", "x.scope.d", "x.scope/.."}) {
        const auto cleaned = clean_up(*registry, {.id = "x", .place = {.scope = tree / directory}}, {});
        ASSERT_FALSE(cleaned) << directory;
        EXPECT_EQ(cleaned.error().kind, ErrorKind::refused);
    }
    EXPECT_TRUE(bystander.alive());
    for (const char *own :
         {"gone/x.scope", "gone/_x.scope", "gone/dbgscope.x.4194300-1"}) // "_": systemd's, before "memory.x"
        EXPECT_TRUE(clean_up(*registry, {.id = "x", .place = {.scope = tree / own}}, {})) << own;
    EXPECT_TRUE(clean_up(*registry, {.id = "x", .place = {}}, {}));
}

} // namespace
} // namespace dbgscope
