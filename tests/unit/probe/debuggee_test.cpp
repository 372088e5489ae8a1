// SPDX-License-Identifier: Apache-2.0
#include "probe/debuggee.hpp"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "sys/fd.hpp"

namespace dbgscope {
namespace {

/// A file in memory under a name that can be opened.
class MemoryFile {
  public:
    explicit MemoryFile(const std::string &bytes) : fd_(::memfd_create("dbgscope-test", MFD_CLOEXEC)) { set(bytes); }
    void set(const std::string &bytes) const
    {
        EXPECT_EQ(::ftruncate(fd_.get(), 0), 0);
        EXPECT_EQ(::pwrite(fd_.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

  private:
    UniqueFd fd_;
};

struct Shape {
    bool wide = true, big = false, pointers = false, sections = true;
};

/// A minimal Go executable: one data segment with the build information, and a section table on request.
class FakeGo {
  public:
    explicit FakeGo(Shape shape, const std::string &version, const std::string &modules) : shape_(shape)
    {
        const std::string marked = modules.empty() ? "" : std::string(16, '[') + modules + std::string(16, ']');
        const std::string data = shape.pointers ? pointer_data(version, marked) : inline_data(version, marked);
        const std::string names = std::string("\0.go.buildinfo\0.shstrtab\0", 25);
        const std::size_t table = kData + data.size() + names.size();
        bytes_ = std::string("\x7f"
                             "ELF") +
                 (shape.wide ? '\2' : '\1') + (shape.big ? '\2' : '\1') + '\1';
        bytes_.resize(EI_NIDENT);
        number(bytes_, ET_EXEC, 2);
        number(bytes_, EM_NONE, 2);
        number(bytes_, 1, 4);
        word(bytes_, 0);
        word(bytes_, header_size());
        word(bytes_, shape.sections ? table : 0);
        number(bytes_, 0, 4);
        for (const std::size_t field : {header_size(), segment_size(), std::size_t{1}, section_size(),
                                        std::size_t{shape.sections ? 3U : 0U}, std::size_t{2}})
            number(bytes_, field, 2);
        segment(data.size());
        bytes_.resize(kData);
        bytes_ += data + names;
        if (!shape.sections)
            return;
        bytes_.resize(bytes_.size() + section_size());
        section(1, kData, data.size());
        section(15, kData + data.size(), names.size());
    }
    [[nodiscard]] const std::string &bytes() const { return bytes_; }

  private:
    static constexpr std::size_t kData = 0x200;
    static constexpr std::uint64_t kAddress = 0x400000;

    [[nodiscard]] std::size_t header_size() const { return shape_.wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr); }
    [[nodiscard]] std::size_t segment_size() const { return shape_.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr); }
    [[nodiscard]] std::size_t section_size() const { return shape_.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr); }

    void number(std::string &out, std::uint64_t value, std::size_t width) const
    {
        for (std::size_t i = 0; i < width; ++i)
            out += static_cast<char>(value >> 8 * (shape_.big ? width - 1 - i : i) & 0xff);
    }
    void word(std::string &out, std::uint64_t value) const { number(out, value, shape_.wide ? 8 : 4); }

    void segment(std::size_t size)
    {
        number(bytes_, PT_LOAD, 4);
        if (shape_.wide)
            number(bytes_, PF_R | PF_W, 4);
        for (const std::uint64_t field :
             {std::uint64_t{kData}, kAddress, kAddress, std::uint64_t{size}, std::uint64_t{size}})
            word(bytes_, field);
        if (!shape_.wide)
            number(bytes_, PF_R | PF_W, 4);
        word(bytes_, 16);
    }
    void section(std::uint64_t name, std::size_t offset, std::size_t size)
    {
        number(bytes_, name, 4);
        number(bytes_, SHT_PROGBITS, 4);
        for (const std::uint64_t field :
             {std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{offset}, std::uint64_t{size}})
            word(bytes_, field);
        number(bytes_, 0, 8);
        word(bytes_, 1);
        word(bytes_, 0);
    }
    [[nodiscard]] std::string inline_data(const std::string &version, const std::string &marked) const
    {
        std::string out = std::string("\xff Go buildinf:") + '\0' + '\2';
        out.resize(32);
        for (const std::string &text : {version, marked}) {
            std::size_t length = text.size();
            for (; length >= 0x80; length >>= 7)
                out += static_cast<char>(length | 0x80);
            out += static_cast<char>(length);
            out += text;
        }
        return out;
    }
    /// Header, two string headers, the two texts.
    [[nodiscard]] std::string pointer_data(const std::string &version, const std::string &marked) const
    {
        const std::size_t width = shape_.wide ? 8 : 4;
        std::string out = std::string("\xff Go buildinf:") + static_cast<char>(width) + (shape_.big ? '\1' : '\0');
        word(out, kAddress + 32);
        word(out, kAddress + 32 + 2 * width);
        out.resize(32);
        word(out, kAddress + 32 + 4 * width);
        word(out, version.size());
        word(out, kAddress + 32 + 4 * width + version.size());
        word(out, marked.size());
        return out + version + marked;
    }

    Shape shape_;
    std::string bytes_;
};

const std::string kModules =
    "path\tm\nmod\tm\t(devel)\t\nbuild\t-compiler=gc\nbuild\tDefaultGODEBUG=panicnil=1,tls3des=1\n"
    "build\tCGO_ENABLED=1\n";

TEST(ReadDebuggee, EveryClassByteOrderAndForm)
{
    for (const bool wide : {true, false})
        for (const bool big : {true, false})
            for (const bool pointers : {true, false})
                for (const bool sections : {true, false}) {
                    SCOPED_TRACE(std::to_string(wide) + std::to_string(big) + std::to_string(pointers) +
                                 std::to_string(sections));
                    const std::string bytes = FakeGo({wide, big, pointers, sections}, "go1.21.3", kModules).bytes();
                    const DebuggeeFacts facts = read_debuggee(MemoryFile(bytes).path());
                    ASSERT_TRUE(facts.is_go) << facts.go_version.detail();
                    EXPECT_EQ(*facts.go_version, "go1.21.3");
                    EXPECT_EQ(*facts.default_godebug, "panicnil=1,tls3des=1");
                    EXPECT_EQ(*facts.size_bytes, bytes.size());
                    EXPECT_FALSE(facts.from_toolchain);
                }
}

TEST(ReadDebuggee, VersionWithoutModuleText)
{
    const DebuggeeFacts facts = read_debuggee(MemoryFile(FakeGo({}, "go1.18", "").bytes()).path());
    EXPECT_EQ(*facts.go_version, "go1.18");
    EXPECT_EQ(*facts.default_godebug, "");
}

TEST(ReadDebuggee, LongModuleTextIsReadWhole)
{
    std::string modules = "path\tm\n";
    while (modules.size() < 200000)
        modules += "dep\texample.org/some/module\tv1.2.3\th1:0123456789=\n";
    modules += "build\tDefaultGODEBUG=panicnil=1\n";
    const DebuggeeFacts facts = read_debuggee(MemoryFile(FakeGo({}, "go1.24.4", modules).bytes()).path());
    EXPECT_EQ(*facts.go_version, "go1.24.4");
    EXPECT_EQ(*facts.default_godebug, "panicnil=1");
}

TEST(ReadDebuggee, NotGo)
{
    const DebuggeeFacts facts = read_debuggee("/proc/self/exe");
    EXPECT_FALSE(facts.is_go);
    EXPECT_GT(facts.size_bytes.value_or(0), 1000U);
    EXPECT_EQ(facts.go_version.why(), Why::absent);
}

TEST(ReadDebuggee, SaysWhyNot)
{
    const DebuggeeFacts script = read_debuggee(MemoryFile("#!/bin/sh\nexit 0\n").path());
    EXPECT_EQ(script.go_version.why(), Why::malformed);
    EXPECT_NE(script.go_version.detail().find("a script, not an ELF file"), std::string::npos);
    EXPECT_EQ(*script.size_bytes, 17U);
    EXPECT_EQ(read_debuggee(MemoryFile("").path()).go_version.why(), Why::malformed);
    EXPECT_EQ(read_debuggee(MemoryFile("\x7f"
                                       "ELF\2\1")
                                .path())
                  .go_version.why(),
              Why::malformed);
    EXPECT_EQ(read_debuggee("/nonexistent/x").go_version.why(), Why::absent);
    EXPECT_EQ(read_debuggee("/nonexistent/x").size_bytes.why(), Why::absent);
    EXPECT_EQ(read_debuggee("/").go_version.why(), Why::malformed);
    EXPECT_EQ(read_debuggee("/dev/null").go_version.why(), Why::malformed);
    EXPECT_EQ(read_debuggee("").go_version.why(), Why::absent);
}

TEST(ReadDebuggee, FifoDoesNotBlock)
{
    const std::string path = testing::TempDir() + "dbgscope-test-fifo-" + std::to_string(::getpid());
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(read_debuggee(path).go_version.why(), Why::malformed);
    (void)::unlink(path.c_str());
}

/// Whatever a file says, the answer is short and nothing outside the file is touched (the sanitizers watch).
void expect_sane(const DebuggeeFacts &facts)
{
    if (facts.go_version) {
        EXPECT_LE(facts.go_version->size(), 1024U);
        EXPECT_LE(facts.default_godebug.value_or("").size(), kMiB);
    } else {
        EXPECT_NE(facts.go_version.why(), Why::not_asked);
    }
}

TEST(ReadDebuggee, HostileFiles)
{
    std::mt19937 random(20260101);
    const auto below = [&random](std::size_t end) { return static_cast<std::size_t>(random() % end); };
    const std::vector<std::string> seeds{FakeGo({}, "go1.21.3", kModules).bytes(),
                                         FakeGo({true, false, true, true}, "go1.17", kModules).bytes(),
                                         FakeGo({false, true, true, false}, "go1.17", kModules).bytes(),
                                         FakeGo({false, false, false, true}, "go1.27rc1", kModules).bytes()};
    const MemoryFile file("");
    const std::string path = file.path();
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = seeds[below(seeds.size())];
        for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
            // Headers, the segment, the build information and the section table are where lies matter.
            const std::size_t at = below(3) == 0 ? below(bytes.size()) : below(64 + 56);
            constexpr unsigned char kEdges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
            const unsigned char byte = below(2) == 0 ? kEdges[below(5)] : static_cast<unsigned char>(random());
            for (std::size_t i = at; i < std::min(at + (below(4) == 0 ? 8 : 1), bytes.size()); ++i)
                bytes[i] = static_cast<char>(byte);
        }
        if (below(8) == 0)
            bytes.resize(below(bytes.size()));
        file.set(bytes);
        expect_sane(read_debuggee(path));
    }
}

std::string output_of(const std::string &command)
{
    std::string out;
    FILE *pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr)
        return out;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
        out += static_cast<char>(c);
    (void)::pclose(pipe);
    return out;
}

/// A directory of its own with a Go module that prints a word.
class RealGo : public testing::Test {
  protected:
    void SetUp() override
    {
        if (!find_go()) {
            if (std::getenv("DBGSCOPE_MUST_RUN") != nullptr)
                FAIL() << "no go in PATH";
            GTEST_SKIP() << "no go in PATH";
        }
        directory_ = testing::TempDir() + "dbgscope-test-go-" + std::to_string(::getpid());
        std::filesystem::create_directories(directory_);
        std::ofstream(directory_ + "/go.mod") << "module m\n\ngo 1.19\n";
        std::ofstream(directory_ + "/main.go") << "package main\n\nfunc main() { println(\"hi\") }\n";
    }
    void TearDown() override
    {
        if (!directory_.empty())
            std::filesystem::remove_all(directory_);
    }
    static bool find_go() { return read_go_toolchain(std::getenv("PATH"), {}).go_version.known(); }

    std::string directory_;
};

TEST_F(RealGo, AgreesWithGoVersion)
{
    const char *builds[] = {"go build", "CGO_ENABLED=0 go build -ldflags='-s -w'", "go build -buildmode=pie",
                            "go build -ldflags=-linkmode=external"};
    for (const char *build : builds) {
        SCOPED_TRACE(build);
        const std::string log = output_of("cd " + directory_ + " && " + build + " -o p . 2>&1");
        const std::string program = directory_ + "/p";
        const DebuggeeFacts facts = read_debuggee(program);
        ASSERT_TRUE(facts.is_go) << facts.go_version.detail() << log;
        // "/tmp/x/p: go1.19.8\n\tpath\tm\n…"
        const std::string said = output_of("go version -m " + program);
        EXPECT_EQ(said.substr(0, said.find('\n')), program + ": " + *facts.go_version);
        const std::size_t at = said.find("DefaultGODEBUG=");
        EXPECT_EQ(*facts.default_godebug,
                  at == std::string::npos ? "" : said.substr(at + 15, said.find('\n', at) - at - 15));
        EXPECT_EQ(*facts.size_bytes, std::filesystem::file_size(program));
        (void)::unlink(program.c_str());
    }
}

TEST_F(RealGo, ToolChainVersionWithoutRunningIt)
{
    const DebuggeeFacts facts = read_go_toolchain(std::getenv("PATH"), {});
    EXPECT_TRUE(facts.is_go);
    EXPECT_TRUE(facts.from_toolchain);
    EXPECT_EQ("go version " + *facts.go_version + " linux/",
              output_of("GOTOOLCHAIN=local go version").substr(0, 18 + facts.go_version->size()));
    EXPECT_EQ(facts.default_godebug.why(), Why::absent);
}

class ToolChain : public testing::Test {
  protected:
    void SetUp() override
    {
        directory_ = testing::TempDir() + "dbgscope-test-chain-" + std::to_string(::getpid());
        std::filesystem::create_directories(directory_);
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }
    void write_go(const std::string &bytes) const
    {
        std::ofstream(directory_ + "/go") << bytes;
        ASSERT_EQ(::chmod((directory_ + "/go").c_str(), 0755), 0);
    }
    std::string directory_;
};

TEST_F(ToolChain, NamedVersionCountsFromGo121On)
{
    write_go(FakeGo({}, "go1.22.1", "").bytes());
    EXPECT_EQ(*read_go_toolchain(directory_, "").go_version, "go1.22.1");
    EXPECT_EQ(*read_go_toolchain(directory_, "local").go_version, "go1.22.1");
    EXPECT_EQ(*read_go_toolchain(directory_, "go1.23.4+auto").go_version, "go1.23.4");
    EXPECT_EQ(*read_go_toolchain(directory_, "go1.21.0").go_version, "go1.21.0");
    write_go(FakeGo({}, "go1.20.1", "").bytes());
    EXPECT_EQ(*read_go_toolchain(directory_, "go1.23.4").go_version, "go1.20.1");
}

TEST_F(ToolChain, ShimOrNoneIsUnknown)
{
    EXPECT_EQ(read_go_toolchain(directory_, "").go_version.why(), Why::absent);
    write_go("#!/bin/sh\nexec real-go \"$@\"\n");
    const DebuggeeFacts facts = read_go_toolchain(directory_, "go1.23.4");
    EXPECT_EQ(facts.go_version.why(), Why::malformed);
    EXPECT_TRUE(facts.is_go);
}

TEST_F(ToolChain, LocatesTheProgramAsTheToolDoes)
{
    write_go("x");
    DebuggerCall call{.tool = Tool::gdbserver, .program = "go"};
    EXPECT_EQ(locate_debuggee(call, directory_), directory_ + "/go");
    call.program = "./go";
    EXPECT_EQ(locate_debuggee(call, directory_), "./go");
    call.program = "dbgscope-no-such-program";
    EXPECT_EQ(locate_debuggee(call, directory_), "dbgscope-no-such-program");
    call = {.tool = Tool::dlv, .program = "go"};
    EXPECT_EQ(locate_debuggee(call, directory_), "go");
    EXPECT_EQ(locate_debuggee({}, directory_), "");
}

} // namespace
} // namespace dbgscope
