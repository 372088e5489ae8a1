// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/pprof.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include <gtest/gtest.h>

#include "tools/inspect/cpu_profile.hpp"

namespace dbgscope {
namespace {

/// What a reader of the wire format sees: the fields of one message.
struct Wire {
    std::uint64_t field = 0, number = 0;
    std::string bytes;
};

std::uint64_t varint(std::string_view &rest)
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

std::vector<Wire> decode(std::string_view rest)
{
    std::vector<Wire> fields;
    while (!rest.empty()) {
        const std::uint64_t key = varint(rest);
        Wire wire{.field = key >> 3U, .number = varint(rest), .bytes = {}};
        if ((key & 7U) == 2) {
            wire.bytes = rest.substr(0, wire.number);
            rest.remove_prefix(std::min<std::size_t>(wire.number, rest.size()));
        }
        fields.push_back(std::move(wire));
    }
    return fields;
}

std::vector<std::string> all(const std::vector<Wire> &fields, std::uint64_t field)
{
    std::vector<std::string> found;
    for (const Wire &wire : fields)
        if (wire.field == field)
            found.push_back(wire.bytes);
    return found;
}

const Frame kLeaf{.function = "main.grow", .file = "/a/main.go", .line = 13};
const Frame kRoot{.function = "main.main", .file = "/a/main.go", .line = 300};

TEST(Pprof, SharesStringsFunctionsAndLocations)
{
    PprofProfile profile(std::vector<PprofProfile::Kind>{{"inuse_space", "bytes"}});
    profile.add({kLeaf, kRoot}, {300});
    profile.add({kLeaf, kRoot}, {5}, 4096);
    const auto fields = decode(profile.message());
    EXPECT_EQ(all(fields, 1).size(), 1U);
    EXPECT_EQ(all(fields, 2).size(), 2U);
    EXPECT_EQ(all(fields, 3).size(), 1U);
    EXPECT_EQ(all(fields, 4).size(), 2U);
    EXPECT_EQ(all(fields, 5).size(), 2U);
    EXPECT_EQ(all(fields, 6),
              (std::vector<std::string>{"", "inuse_space", "bytes", "main.grow", "/a/main.go", "main.main"}));
    const auto sample = decode(all(fields, 2)[0]);
    EXPECT_EQ(sample[0].bytes, std::string("\x01\x02", 2));
    EXPECT_EQ(sample[1].bytes, std::string("\xac\x02", 2)); // 300
    const auto location = decode(all(fields, 4)[1]);
    const auto line = decode(all(location, 4)[0]);
    EXPECT_EQ(line[1].number, 300U);
}

TEST(Pprof, ACpuProfileHasItsWindowAndWhatASampleStandsFor)
{
    CpuProfile profile{.pid = 7};
    profile.begin = {.unix_ns = 1000, .monotonic_ns = 5};
    profile.end = {.unix_ns = 0, .monotonic_ns = 305};
    profile.period_ns = 50;
    profile.with_kernel = true;
    profile.stacks = {
        {.frames = std::make_shared<const std::vector<StackFrame>>(std::vector<StackFrame>{{kLeaf, {}}, {kRoot, {}}}),
         .samples = 6},
        {.frames = nullptr, .samples = 1}};
    const auto fields = decode(cpu_profile_of(profile).message());
    std::map<std::uint64_t, std::uint64_t> numbers;
    for (const Wire &wire : fields)
        numbers[wire.field] = wire.number;
    EXPECT_EQ(numbers[9], 1000U);
    EXPECT_EQ(numbers[10], 300U);
    EXPECT_EQ(numbers[12], 50U);
    const auto samples = all(fields, 2);
    ASSERT_EQ(samples.size(), 2U);
    EXPECT_EQ(decode(samples[0])[1].bytes, std::string("\x06\xac\x02", 3)); // 6, 300 ns
    const auto strings = all(fields, 6);
    EXPECT_EQ((std::vector<std::string>{strings.begin(), strings.begin() + 5}),
              (std::vector<std::string>{"", "samples", "count", "cpu", "nanoseconds"}));
    EXPECT_NE(std::ranges::find(strings, "(unknown)"), strings.end());
}

TEST(Pprof, StringsAreUtf8)
{
    PprofProfile profile(std::vector<PprofProfile::Kind>{{"a", "b"}});
    profile.add({{.function = "main.\xff", .file = "", .line = 0}}, {1});
    EXPECT_EQ(all(decode(profile.message()), 6).back(), "main.\\xff");
}

TEST(Pprof, GzipHasItsMagic)
{
    const auto packed = gzip(std::string(100000, 'x'));
    ASSERT_TRUE(packed);
    EXPECT_EQ(packed->substr(0, 2), "\x1f\x8b");
    EXPECT_LT(packed->size(), 1000U);
}

TEST(Pprof, AFileIsItsOwnersAlone)
{
    const std::string path = "/tmp/pprof_test_" + std::to_string(::getpid());
    ASSERT_TRUE(write_private_file(path, "one"));
    ASSERT_TRUE(write_private_file(path, "2"));
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_EQ(info.st_size, 1);
    ::unlink(path.c_str());
}

TEST(Pprof, AFullDiskIsAnError)
{
    const auto written = write_private_file("/dev/full", "text");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().error_number, ENOSPC);
    const auto nowhere = write_private_file("/nonexistent/file", "text");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().operation, "write");
}

} // namespace
} // namespace dbgscope
