// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "doctor_input.hpp"
#include "tools/doctor/build_settings.hpp"
#include "tools/doctor/go_settings.hpp"
#include "tools/doctor/machine_signs.hpp"
#include "tools/doctor/sha256.hpp"

// dlv, gdb, go, path, program, sums. The tools are scripts in a directory of our own: paths of tools are real ones.
namespace dbgscope::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class CheckTools : public testing::Test {
  protected:
    CheckTools()
    {
        tree_.dir("/bin").dir("/home");
        input_.environment = {"PATH=" + tree_.path() + "/bin", "HOME=" + tree_.path() + "/home"};
        input_.directory = tree_.path();
    }
    void tool(const std::string &name, const std::string &output)
    {
        tree_.file("/bin/" + name, "#!/bin/sh\ncat <<'X'\n" + output + "\nX\n", 0755);
    }
    /// An ELF file with only Go's build information, as Go 1.18 and later write it.
    std::string go_program(const std::string &path, const std::string &version, const std::string &modules = {});
    void set(const std::string &entry) { input_.environment.push_back(entry); }

    FakeRoot tree_;
    DoctorInput input_;
};

template <class Number> void put(std::string &bytes, std::size_t at, Number number)
{
    bytes.replace(at, sizeof number, reinterpret_cast<const char *>(&number), sizeof number);
}

std::string length_of(std::size_t size)
{
    std::string out;
    for (; size >= 128; size >>= 7U)
        out += static_cast<char>(size % 128 + 128);
    return out + static_cast<char>(size);
}

std::string CheckTools::go_program(const std::string &path, const std::string &version, const std::string &modules)
{
    const std::string marker(16, '\x01');
    const std::string marked = modules.empty() ? "" : marker + modules + marker;
    std::string info = "\xff Go buildinf:" + std::string("\x08\x02", 2) + std::string(16, '\0') +
                       length_of(version.size()) + version + length_of(marked.size()) + marked;
    const std::string names = std::string("\0.go.buildinfo\0", 15);
    std::string file = "\x7f"
                       "ELF" +
                       std::string("\x02\x01\x01", 3) + std::string(57, '\0'); // 64 bytes of header
    const std::size_t info_at = file.size();
    file += info;
    const std::size_t names_at = file.size();
    file += names;
    const std::size_t table_at = file.size();
    file += std::string(3 * 64, '\0');
    const auto section = [&](std::size_t index, std::uint32_t name, std::size_t at, std::size_t size) {
        put(file, table_at + index * 64, name);
        put(file, table_at + index * 64 + 4, std::uint32_t{1});
        put(file, table_at + index * 64 + 24, std::uint64_t{at});
        put(file, table_at + index * 64 + 32, std::uint64_t{size});
    };
    section(1, 1, info_at, info.size());
    section(2, 0, names_at, names.size());
    put(file, 40, std::uint64_t{table_at});
    put(file, 58, std::uint16_t{64});
    put(file, 60, std::uint16_t{3});
    put(file, 62, std::uint16_t{2});
    tree_.file(path, file, 0755);
    return tree_.path() + path;
}

constexpr const char *kDlv1202 = "Delve Debugger\nVersion: 1.20.2\nBuild: $Id: e0c278ad8e01 $";

TEST_F(CheckTools, DlvWithAToolChainInItsWindow)
{
    tool("dlv", kDlv1202);
    (void)go_program("/bin/go", "go1.19.8");
    EXPECT_EQ(levels(check_dlv(input_)), (std::vector{CheckLevel::ok, CheckLevel::ok}));
}

TEST_F(CheckTools, DlvTooOldForTheToolChainAndForTheProgram)
{
    tool("dlv", kDlv1202);
    (void)go_program("/bin/go", "go1.24.1");
    input_.program = go_program("/prog", "go1.17.3");
    const auto findings = check_dlv(input_);
    const CheckFinding go = saying(findings, "the Go in PATH is go1.24.1");
    EXPECT_EQ(go.level, CheckLevel::fail);
    EXPECT_THAT(go.found, HasSubstr("dlv 1.20.2 debugs Go 1.18 to 1.20"));
    EXPECT_THAT(go.cure, HasSubstr("dlv@v1.26.3"));
    EXPECT_EQ(saying(findings, "was built by go1.17.3").level, CheckLevel::fail);
    EXPECT_THAT(saying(findings, "was built by go1.17.3").matters, HasSubstr("too old for this version"));
}

TEST_F(CheckTools, DlvHangsPrintsRubbishOrIsNotThere)
{
    EXPECT_EQ(check_dlv(input_)[0].level, CheckLevel::note) << "no Go either";
    (void)go_program("/bin/go", "go1.19.8");
    EXPECT_EQ(check_dlv(input_)[0].level, CheckLevel::warn);
    tool("dlv", "\x1b[2Jhello");
    EXPECT_EQ(check_dlv(input_)[0].level, CheckLevel::fail);
    EXPECT_THAT(check_dlv(input_)[0].found, HasSubstr("printed no version"));
    tool("dlv", "Version: 1.99.0");
    EXPECT_EQ(saying(check_dlv(input_), "does not have dlv 1.99.0").level, CheckLevel::unknown);
    tree_.file("/other", "#!/bin/sh\necho Version: 1.20.2\n", 0755);
    input_.configured = {{"dlv", tree_.path() + "/other"}};
    EXPECT_THAT(check_dlv(input_)[0].found, HasSubstr("/other"));
}

TEST_F(CheckTools, Gdb)
{
    EXPECT_EQ(levels(check_gdb(input_)), (std::vector{CheckLevel::note, CheckLevel::note}));
    tool("gdb", "GNU gdb (Debian 13.1-3) 13.1");
    tool("gdbserver", "GNU gdbserver (Debian 13.1-3) 13.1");
    EXPECT_EQ(levels(check_gdb(input_)), (std::vector{CheckLevel::ok, CheckLevel::ok}));
}

TEST_F(CheckTools, GoThatAgrees)
{
    EXPECT_EQ(levels(check_go(input_)), std::vector{CheckLevel::note}) << "none";
    (void)go_program("/bin/go", "go1.19.8");
    tree_.file("/goroot/VERSION", "go1.19.8\n");
    set("GOROOT=" + tree_.path() + "/goroot");
    EXPECT_EQ(levels(check_go(input_)), std::vector{CheckLevel::ok});
}

struct BadSetting {
    const char *entry, *says;
    CheckLevel level;
};
class BadGo : public CheckTools, public testing::WithParamInterface<BadSetting> {};
INSTANTIATE_TEST_SUITE_P(All, BadGo,
                         testing::Values(BadSetting{"GOROOT=/nowhere", "no directory", CheckLevel::fail},
                                         BadSetting{"GOPATH=/a:rel", "has rel", CheckLevel::fail},
                                         BadSetting{"GOBIN=bin", "GOBIN is bin", CheckLevel::fail},
                                         BadSetting{"GOCACHE=off", "GOCACHE is off", CheckLevel::fail},
                                         BadSetting{"GOCACHE=cache", "not absolute", CheckLevel::fail},
                                         BadSetting{"GOCACHE=/dev/null/cache", "cannot be written", CheckLevel::fail},
                                         BadSetting{"GOFLAGS=-mod=mod -trimpath", "-trimpath", CheckLevel::warn},
                                         BadSetting{"GOFLAGS='-ldflags=-s -w'", "non-flag", CheckLevel::fail},
                                         BadSetting{"GOFLAGS=-ldflags=-w", "strips", CheckLevel::fail},
                                         BadSetting{"GOFLAGS=-mod mod", "non-flag \"mod\"", CheckLevel::fail},
                                         BadSetting{"GOFLAGS=-ldflags -s", "unknown flag -s", CheckLevel::fail},
                                         BadSetting{"GOFLAGS=-ldflags='-s -w'", "unknown flag -w'", CheckLevel::fail}));

TEST_F(CheckTools, GoFlagsAreReadAsTheGoAtHandDoes)
{
    set("GOFLAGS='-ldflags=-s -w'");
    const auto said = [this] {
        std::string text;
        for (const CheckFinding &finding : check_go(input_))
            text += finding.found + "; " + finding.cure + '\n';
        return text;
    };
    tree_.file("/bin/go", "#!/bin/sh\n", 0755);
    EXPECT_THAT(said(), HasSubstr("strips"));
    (void)go_program("/bin/go", "go1.19.8");
    EXPECT_THAT(said(), HasSubstr("non-flag \"'-ldflags=-s\""));
    EXPECT_THAT(said(), HasSubstr("this Go takes no quotes there"));
    EXPECT_THAT(said(), Not(HasSubstr("strips")));
    (void)go_program("/bin/go", "go1.24.4");
    EXPECT_THAT(said(), HasSubstr("strips"));
}

TEST_F(CheckTools, Shell)
{
    const auto level = [this](const std::string &shell) {
        input_.environment = {"SHELL=" + shell};
        return check_shell(input_)[0].level;
    };
    EXPECT_EQ(level(""), CheckLevel::ok);
    EXPECT_EQ(level("/bin/sh"), CheckLevel::ok);
    EXPECT_EQ(level("/nowhere/zsh"), CheckLevel::fail);
    EXPECT_EQ(level("bash"), CheckLevel::fail);
    EXPECT_EQ(level("/etc/passwd"), CheckLevel::fail);
    EXPECT_EQ(level("/bin/false"), CheckLevel::fail);
    tool("editor", "");
    EXPECT_EQ(level(tree_.path() + "/bin/editor"), CheckLevel::warn);
    tree_.file("/etc/shells", "# shells\n" + tree_.path() + "/bin/editor\n");
    input_.root.root = tree_.path();
    EXPECT_EQ(level(tree_.path() + "/bin/editor"), CheckLevel::ok);
}

/// An ELF file for `machine` with `interpreter`, and nothing else.
std::string started_by(std::uint16_t machine, const std::string &interpreter)
{
    std::string file = "\x7f"
                       "ELF" +
                       std::string("\x02\x01\x01", 3) + std::string(57 + 56, '\0');
    put(file, 18, machine);
    put(file, 32, std::uint64_t{64});
    put(file, 54, std::uint16_t{56});
    put(file, 56, std::uint16_t{1});
    put(file, 58, std::uint16_t{64});
    put(file, 64, std::uint32_t{3}); // PT_INTERP
    put(file, 64 + 8, std::uint64_t{file.size()});
    put(file, 64 + 32, std::uint64_t{interpreter.size() + 1});
    return file + interpreter + '\0';
}

TEST_F(CheckTools, ProgramThatCannotStart)
{
    const auto own = read_elf_head("/proc/self/exe");
    ASSERT_TRUE(own);
    EXPECT_FALSE(own->interpreter.empty());
    input_.program = tree_.path() + "/prog";
    tree_.file("/prog", started_by(own->machine, "/lib/ld-musl-nowhere.so.1"), 0755);
    EXPECT_EQ(saying(check_program(input_), "/lib/ld-musl-nowhere.so.1, which is not there").level, CheckLevel::fail);
    tree_.file("/prog", started_by(own->machine, "/bin/sh"), 0755);
    EXPECT_EQ(saying(check_program(input_), "interpreter").found, "nothing like it");
    tree_.file("/prog", started_by(own->machine == 62 ? 183 : 62, "/nowhere"), 0755);
    EXPECT_EQ(saying(check_program(input_), "it is built for").level, CheckLevel::fail);
    EXPECT_EQ(saying(check_program(input_), "interpreter").found, "nothing like it");
}

TEST_P(BadGo, IsFound)
{
    (void)go_program("/bin/go", "go1.19.8");
    set(GetParam().entry);
    EXPECT_EQ(saying(check_go(input_), GetParam().says).level, GetParam().level);
}

TEST_F(CheckTools, GoOfTwoVersions)
{
    (void)go_program("/bin/go", "go1.19.8");
    tree_.file("/goroot/VERSION", "go1.22.1\ntime 2024-01-01\n");
    set("GOROOT=" + tree_.path() + "/goroot");
    EXPECT_THAT(saying(check_go(input_), "GOROOT is").found, HasSubstr("(go1.22.1), but"));
    tree_.file("/goroot/VERSION", "devel go1.24-0123abc\n");
    EXPECT_EQ(levels(check_go(input_)), std::vector{CheckLevel::ok}) << "not compared";
}

TEST_F(CheckTools, GoReadsItsEnvFile)
{
    tree_.file("/home/.config/go/env", "GOFLAGS=-trimpath\nGOPATH=/first\nGOPATH=/second\n");
    EXPECT_EQ(go_setting(input_, "GOPATH").value, "/second");
    EXPECT_THAT(go_setting(input_, "GOFLAGS").from, HasSubstr(".config/go/env"));
    EXPECT_EQ(go_setting(input_, "GOMODCACHE").value, "/second/pkg/mod");
    set("GOENV=off");
    EXPECT_EQ(go_setting(input_, "GOPATH").value, tree_.path() + "/home/go");
    EXPECT_EQ(go_setting(input_, "GOCACHE").value, tree_.path() + "/home/.cache/go-build");
}

TEST_F(CheckTools, GoBinOutsideOfPath)
{
    (void)go_program("/bin/go", "go1.19.8");
    tree_.file("/home/go/bin/dlv", "", 0755);
    EXPECT_EQ(saying(check_go(input_), "is not in PATH").level, CheckLevel::note);
    input_.environment[0] += ":" + tree_.path() + "/home/go/bin";
    EXPECT_EQ(levels(check_go(input_)), std::vector{CheckLevel::ok});
}

TEST_F(CheckTools, OrderOfPath)
{
    tree_.file("/self", "", 0755).dir("/shims");
    input_.self = file_at(tree_.path() + "/self");
    tool("dlv", kDlv1202);
    EXPECT_EQ(levels(check_path(input_)), std::vector{CheckLevel::ok});
    std::filesystem::create_symlink(tree_.path() + "/self", tree_.path() + "/shims/dlv");
    const std::string bin = tree_.path() + "/bin";
    const std::string shims = tree_.path() + "/shims";
    input_.environment[0] = "PATH=" + bin + ":" + shims;
    EXPECT_THAT(saying(check_path(input_), "stands before the shim").found, HasSubstr("/bin/dlv"));
    input_.environment[0] = "PATH=" + shims + ":" + bin;
    EXPECT_THAT(check_path(input_)[0].found, HasSubstr("shims in use: " + shims + "/dlv"));
    EXPECT_EQ(worst(check_path(input_)), CheckLevel::ok);
    tree_.file("/bin2/dlv", "other", 0755);
    input_.environment[0] = "PATH=" + bin + ":" + tree_.path() + "/bin2";
    EXPECT_EQ(saying(check_path(input_), "another one").level, CheckLevel::note);
}

TEST_F(CheckTools, Program)
{
    EXPECT_TRUE(check_program(input_).empty());
    input_.program =
        go_program("/stripped", "go1.19.8", "path\tm\nbuild\t-gcflags=\"all=-N -l\"\nbuild\t-trimpath=true\n");
    const auto findings = check_program(input_);
    EXPECT_EQ(saying(findings, "stripped").level, CheckLevel::fail);
    EXPECT_EQ(saying(findings, "without optimization").level, CheckLevel::ok);
    EXPECT_EQ(saying(findings, "-trimpath").level, CheckLevel::warn);
    input_.program = go_program("/partly", "go1.19.8", "path\tm\nbuild\t-gcflags=-N -l\n");
    EXPECT_EQ(saying(check_program(input_), "imports are optimized").level, CheckLevel::note);
    input_.program = go_program("/inlined", "go1.19.8", "path\tm\nbuild\t-gcflags=all=-N\n");
    EXPECT_EQ(saying(check_program(input_), "inlined").level, CheckLevel::note);
    input_.program = go_program("/optimized", "go1.19.8", "path\tm\nbuild\t-compiler=gc\n");
    EXPECT_EQ(saying(check_program(input_), "built it optimized").level, CheckLevel::warn);
    input_.program = go_program("/unknown", "go1.17");
    EXPECT_EQ(saying(check_program(input_), "not recorded").level, CheckLevel::unknown);
}

TEST_F(CheckTools, ProgramThatIsNone)
{
    for (const char *text : {"", "#!/bin/sh\n",
                             "\x7f"
                             "ELF\x02\x01"}) {
        tree_.file("/prog", text, 0755);
        input_.program = tree_.path() + "/prog";
        EXPECT_EQ(levels(check_program(input_)), std::vector{CheckLevel::fail});
    }
    input_.program = tree_.path() + "/nowhere";
    EXPECT_EQ(levels(check_program(input_)), std::vector{CheckLevel::fail});
    input_.program = tree_.path();
    EXPECT_EQ(levels(check_program(input_)), std::vector{CheckLevel::fail});
}

TEST_F(CheckTools, Sha256OfEverySizeAroundABlock)
{
    // sha256sum(1) of that many 'a'.
    const std::pair<std::size_t, const char *> kKnown[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
    for (const auto &[size, sum] : kKnown) {
        tree_.file("/data", std::string(size, 'a'));
        EXPECT_EQ(sha256_of_file(tree_.path() + "/data").value_or("failed"), sum) << size;
    }
    EXPECT_FALSE(sha256_of_file(tree_.path()).has_value());
    EXPECT_FALSE(sha256_of_file("/dev/null").has_value());
}

TEST_F(CheckTools, Sums)
{
    EXPECT_TRUE(check_sums(input_).empty());
    tree_.file("/bin/dlv", std::string(55, 'a'), 0755);
    const std::string sum = "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318";
    input_.sums = tree_.path() + "/SUMS";
    tree_.file("/SUMS", sum + "  dlv\n" + sum + " *./linux/dlv\n" + sum + "  " + tree_.path() + "/bin/dlv\n");
    EXPECT_EQ(levels(check_sums(input_)), std::vector(3, CheckLevel::ok));
    tree_.file("/bin/dlv", "changed", 0755);
    EXPECT_EQ(levels(check_sums(input_)), std::vector(3, CheckLevel::fail));
    tree_.file("/SUMS", sum + "  gdb\n\n# comment\nrubbish\n");
    EXPECT_EQ(levels(check_sums(input_)), (std::vector{CheckLevel::unknown, CheckLevel::fail}));
    tree_.file("/SUMS", "");
    EXPECT_EQ(levels(check_sums(input_)), std::vector{CheckLevel::fail});
    tree_.remove("/SUMS");
    EXPECT_EQ(levels(check_sums(input_)), std::vector{CheckLevel::fail});
}

} // namespace
} // namespace dbgscope::test
