// SPDX-License-Identifier: Apache-2.0
#include "watch/evidence.hpp"

#include <sys/xattr.h>

#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "sys/file.hpp"
#include "unit/launch/host.hpp"

namespace dbgscope {
namespace {

/// A session in a fake cgroup v2 tree: /c is the mount point, and the hierarchy's root unless it has cgroup.events.
struct FakeSession {
    test::FakeRoot root;
    UniqueFd scope, debuggee, debugger;

    FakeSession()
    {
        root.file("/c/cgroup.procs", "").file("/c/x.slice/cgroup.procs", "");
        root.file("/c/x.slice/memory.max", "67108864\n").file("/c/x.slice/memory.current", "4096\n");
        root.file("/c/x.slice/memory.events.local", events(0, 0, 0));
        for (const char *name : {"", "/debuggee", "/debugger"}) {
            const std::string base = std::string("/c/x.slice/r.scope") + name;
            root.file(base + "/cgroup.procs", "").file(base + "/memory.max", "max\n");
            root.file(base + "/memory.events", events(0, 0, 0));
        }
        scope = open("");
        debuggee = open("/debuggee");
        debugger = open("/debugger");
    }
    static std::string events(int max, int oom, int oom_kill)
    {
        return "low 0\nhigh 2\nmax " + std::to_string(max) + "\noom " + std::to_string(oom) + "\noom_kill " +
               std::to_string(oom_kill) + "\noom_group_kill 0\n";
    }
    UniqueFd open(const std::string &name) const { return std::move(*open_directory(path() + name)); }
    std::string path() const { return root.path() + "/c/x.slice/r.scope"; }
    EvidenceReader reader() const
    {
        return {
            2, {scope.get(), path()}, {debuggee.get(), path() + "/debuggee"}, {debugger.get(), path() + "/debugger"}};
    }
};

TEST(Evidence, LevelsUpToTheRoot)
{
    FakeSession session;
    session.root.file("/c/x.slice/memory.events.local", FakeSession::events(7, 1, 0));
    session.root.file("/c/x.slice/memory.events", FakeSession::events(9, 5, 4));
    session.root.file("/c/x.slice/memory.peak", "8192\n");
    EvidenceReader reader = session.reader();
    const Evidence evidence = reader.read();
    ASSERT_EQ(evidence.levels.size(), 5u);
    EXPECT_EQ(evidence.levels[0].level, Level::debuggee);
    EXPECT_EQ(evidence.levels[1].level, Level::debugger);
    EXPECT_EQ(evidence.levels[2].level, Level::scope);
    const LevelEvidence &slice = evidence.levels[3];
    EXPECT_EQ(slice.level, Level::ancestor);
    EXPECT_EQ(slice.path, session.root.path() + "/c/x.slice");
    EXPECT_EQ(slice.max, Limit(64 * kMiB));
    EXPECT_EQ(slice.local, (LocalCounts{.max = 7, .oom = 1}));
    EXPECT_EQ(slice.oom_below, 5u);
    EXPECT_EQ(slice.oom_kill_below, 4u);
    EXPECT_EQ(slice.peak_bytes, 8192u);
    EXPECT_EQ(evidence.levels[4].path, session.root.path() + "/c");
    EXPECT_TRUE(evidence.to_the_root);
    EXPECT_EQ(evidence.find(Level::scope), &evidence.levels[2]);
}

TEST(Evidence, ContainerSeesNoRoot)
{
    FakeSession session;
    session.root.file("/c/cgroup.events", "populated 1\nfrozen 0\n");
    EXPECT_FALSE(session.reader().read().to_the_root);
}

TEST(Evidence, BeforeLocalEvents)
{
    FakeSession session; // no memory.events.local at the debuggee: Linux 5.1
    session.root.file("/c/x.slice/r.scope/debuggee/memory.events", FakeSession::events(7, 1, 1));
    const Evidence evidence = session.reader().read();
    EXPECT_EQ(evidence.levels[0].local, (LocalCounts{.max = 7, .oom = 1, .oom_kill = 1}));
}

TEST(Evidence, MissingFilesKeepTheLastValue)
{
    FakeSession session;
    session.root.file("/c/x.slice/r.scope/debuggee/memory.max", "134217728\n");
    EvidenceReader reader = session.reader();
    (void)reader.read();
    session.root.remove("/c/x.slice/r.scope/debuggee/memory.max").file("/c/x.slice/memory.max", "nonsense");
    const Evidence evidence = reader.read();
    EXPECT_EQ(evidence.levels[0].max, Limit(128 * kMiB));
    EXPECT_EQ(evidence.levels[3].max, Limit(64 * kMiB));
    session.root.remove("/c/x.slice/r.scope");
    EXPECT_EQ(reader.read().levels.size(), 5u);
    EXPECT_EQ(reader.counts().total.high, 4u);
}

TEST(Evidence, OomdMarks)
{
    FakeSession session;
    EvidenceReader reader = session.reader();
    EXPECT_EQ(reader.read().oomd_marks, 0u);
    if (::setxattr((session.path() + "/debuggee").c_str(), "user.oomd_ooms", "1", 1, 0) != 0)
        GTEST_SKIP() << "the temporary directory's file system has no user extended attributes";
    ASSERT_EQ(::setxattr(session.path().c_str(), "user.oomd_kill", "12", 2, 0), 0);
    EXPECT_EQ(reader.read().oomd_marks, 13u);
    ASSERT_EQ(::setxattr(session.path().c_str(), "user.oomd_kill", "x", 1, 0), 0);
    EXPECT_EQ(reader.read().oomd_marks, 13u); // never less
}

TEST(Counts, Hierarchical)
{
    FakeSession session;
    EvidenceReader reader = session.reader();
    session.root.file("/c/x.slice/r.scope/debuggee/memory.events", FakeSession::events(7, 1, 1));
    session.root.file("/c/x.slice/r.scope/debugger/memory.events", FakeSession::events(1, 0, 2));
    session.root.file("/c/x.slice/r.scope/memory.events", FakeSession::events(8, 1, 4));
    const SessionCounts counts = reader.counts();
    EXPECT_EQ(counts.total, (MemoryCounts{.high = 4, .max = 8, .oom = 1, .oom_kill = 4}));
    EXPECT_EQ(counts.debuggee_kills, 1u);
    EXPECT_EQ(counts.debugger_kills, 2u);
    session.root.file("/c/x.slice/r.scope/memory.events", FakeSession::events(0, 0, 0)); // memory_localevents
    EXPECT_EQ(reader.counts().total.oom_kill, 3u);
}

TEST(Counts, V1)
{
    FakeSession session;
    const std::string scope = "/c/x.slice/r.scope";
    for (const char *name : {"", "/debuggee", "/debugger"})
        session.root.file(scope + name + "/memory.failcnt", "5\n")
            .file(scope + name + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    session.root.file(scope + "/memory.limit_in_bytes", "9223372036854771712\n")
        .file(scope + "/memory.max_usage_in_bytes", "4096\n");
    EvidenceReader reader(1, {session.scope.get(), session.path()},
                          {session.debuggee.get(), session.path() + "/debuggee"},
                          {session.debugger.get(), session.path() + "/debugger"});
    EXPECT_EQ(reader.counts().total, (MemoryCounts{.max = 15, .oom_kill = 3}));
    EXPECT_EQ(reader.counts().debuggee_kills, 1u);
    const Evidence evidence = reader.read();
    EXPECT_FALSE(evidence.levels[2].max.finite());
    EXPECT_EQ(evidence.levels[2].peak_bytes, 4096u);
    EXPECT_EQ(evidence.levels[2].local, (LocalCounts{.max = 5, .oom_kill = 1}));
    EXPECT_FALSE(evidence.to_the_root); // only v1's root has release_agent
    session.root.file("/c/release_agent", "\n");
    EXPECT_TRUE(EvidenceReader(1, {session.scope.get(), session.path()}, {}, {}).read().to_the_root);
}

TEST(Peak, WithoutPeakTheHighestSeen)
{
    FakeSession session;
    EvidenceReader reader = session.reader();
    EXPECT_EQ(reader.peak_bytes(Level::debuggee), 0u);
    session.root.file("/c/x.slice/r.scope/debuggee/memory.current", "8192\n");
    EXPECT_EQ(reader.peak_bytes(Level::debuggee), 8192u);
    session.root.file("/c/x.slice/r.scope/debuggee/memory.current", "4096\n");
    EXPECT_EQ(reader.peak_bytes(Level::debuggee), 8192u);
    session.root.file("/c/x.slice/r.scope/debuggee/memory.peak", "16384\n");
    EXPECT_EQ(reader.peak_bytes(Level::debuggee), 16384u);
    EXPECT_EQ(EvidenceReader(2, {session.scope.get(), session.path()}, {}, {}).peak_bytes(Level::debuggee), 0u);
}

TEST(FileCacheOf, SmallestLimit)
{
    FakeSession session;
    session.root.file("/c/x.slice/r.scope/debugger/memory.stat",
                      "anon 4096\nfile 9999999\nactive_file 100\ninactive_file 23\nworkingset_refault_anon 1\n"
                      "workingset_refault_file 77\npgmajfault 5\n");
    EvidenceReader reader = session.reader();
    auto cache = reader.file_cache(Level::debugger);
    ASSERT_TRUE(cache);
    EXPECT_FALSE(cache->limit.finite());
    EXPECT_EQ(cache->file_bytes, 123u);
    EXPECT_EQ(cache->anon_bytes, 4096u);
    EXPECT_EQ(cache->refaults, 77u);
    session.root.file("/c/x.slice/r.scope/memory.max", "1048576\n");
    cache = reader.file_cache(Level::debugger);
    EXPECT_EQ(cache->limit, Limit(kMiB));
    EXPECT_EQ(cache->limiting, Level::scope);
    session.root.file("/c/x.slice/r.scope/debugger/memory.max", "524288\n");
    EXPECT_EQ(reader.file_cache(Level::debugger)->limiting, Level::debugger);
    EXPECT_FALSE(reader.file_cache(Level::debuggee));
}

} // namespace
} // namespace dbgscope
