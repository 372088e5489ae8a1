// SPDX-License-Identifier: Apache-2.0
#include "watch/heap_switch.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "watch/holders.hpp"

namespace dbgscope {
namespace {

struct Symbol {
    std::string name;
    std::uint64_t at = 0, size = 1;
    unsigned char type = STT_OBJECT;
};

constexpr std::uint64_t kEntry = 0x401000, kDisabled = 0x50010, kStarted = 0x50020, kRate = 0x50030;

std::vector<Symbol> go_symbols()
{
    return {{"main.main", 0x401100, 64, STT_FUNC},
            {"runtime.mainStarted", kStarted},
            {"runtime.disableMemoryProfiling", kDisabled},
            {"runtime.disableMemoryProfilingToo", 0x50011},
            {"runtime.MemProfileRate", kRate, 8}};
}

template <class T> void add(std::string &to, const T &value)
{
    to.append(reinterpret_cast<const char *>(&value), sizeof value); // NOLINT(*-reinterpret-cast)
}

/// An ELF file with .go.buildinfo, .symtab and .strtab.
std::string program(const std::vector<Symbol> &symbols, std::uint16_t type = ET_EXEC, bool go = true)
{
    std::string names(1, '\0'), table(sizeof(Elf64_Sym), '\0');
    for (const Symbol &symbol : symbols) {
        Elf64_Sym row{};
        row.st_name = static_cast<Elf64_Word>(names.size());
        row.st_info = ELF64_ST_INFO(STB_LOCAL, symbol.type);
        row.st_shndx = 1;
        row.st_value = symbol.at;
        row.st_size = symbol.size;
        add(table, row);
        names += symbol.name + '\0';
    }
    const std::string section_names("\0.go.buildinfo\0.symtab\0.strtab\0.shstrtab\0", 41);
    const std::string parts[] = {"", go ? "info" : "", table, names, section_names};
    const std::uint32_t name_at[] = {0, go ? 1U : 0U, 15, 23, 31};
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_entry = kEntry;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 5;
    header.e_shstrndx = 4;
    std::string body, sections;
    for (std::size_t i = 0; i < 5; ++i) {
        Elf64_Shdr row{};
        row.sh_name = name_at[i];
        row.sh_type = i == 0 ? SHT_NULL : SHT_PROGBITS;
        row.sh_offset = sizeof header + body.size();
        row.sh_size = parts[i].size();
        add(sections, row);
        body += parts[i];
    }
    header.e_shoff = sizeof header + body.size();
    std::string file;
    add(file, header);
    return file + body + sections;
}

/// /proc with one process 7, whose memory is a file.
class HeapSwitchTest : public ::testing::Test {
  protected:
    void SetUp() override
    {
        char name[] = "/tmp/heap_switch_XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        root_ = name;
        std::filesystem::create_directory(root_ + "/7");
        write("/7/exe", program(go_symbols()));
        entry(kEntry);
        write("/7/mem", "");
        put(kDisabled, 1);
        put(kStarted, 0);
        put_word(kRate, 512 * 1024);
    }
    void TearDown() override { std::filesystem::remove_all(root_); }
    void write(const std::string &path, const std::string &text) const
    {
        std::ofstream(root_ + path, std::ios::binary) << text;
    }
    void entry(std::uint64_t at) const
    {
        std::string auxv;
        add(auxv, Elf64_auxv_t{.a_type = AT_PAGESZ, .a_un = {.a_val = 4096}});
        add(auxv, Elf64_auxv_t{.a_type = AT_ENTRY, .a_un = {.a_val = at}});
        write("/7/auxv", auxv);
    }
    template <class T> void put_value(std::uint64_t at, T value) const
    {
        const int fd = ::open((root_ + "/7/mem").c_str(), O_WRONLY | O_CLOEXEC);
        EXPECT_EQ(::pwrite(fd, &value, sizeof value, static_cast<off_t>(at)), static_cast<ssize_t>(sizeof value));
        ::close(fd);
    }
    void put(std::uint64_t at, std::uint8_t byte) const { put_value(at, byte); }
    void put_word(std::uint64_t at, std::uint64_t word) const { put_value(at, word); }
    [[nodiscard]] std::string memory() const
    {
        std::ifstream file(root_ + "/7/mem", std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] std::uint64_t word(std::uint64_t at) const
    {
        std::uint64_t value = 0;
        std::memcpy(&value, memory().data() + at, sizeof value);
        return value;
    }
    [[nodiscard]] HeapSwitched::Outcome run() const { return switch_heap_profile(7, 65536, root_).outcome; }
    std::string root_;
};
using Outcome = HeapSwitched::Outcome;

TEST_F(HeapSwitchTest, WritesTheByteAndTheRateAndNothingElse)
{
    std::string expected = memory();
    EXPECT_EQ(run(), Outcome::done);
    expected[kDisabled] = 0;
    const std::uint64_t rate = 65536;
    std::memcpy(expected.data() + kRate, &rate, sizeof rate);
    EXPECT_TRUE(memory() == expected);
    EXPECT_EQ(run(), Outcome::not_needed) << "never twice";
}

TEST_F(HeapSwitchTest, ARateOfTheProgramsOwnStays)
{
    put_word(kRate, 4096);
    EXPECT_EQ(run(), Outcome::done);
    EXPECT_EQ(word(kRate), 4096U);
    put(kDisabled, 1);
    put_word(kRate, 0); // Go 1.19: set in runtime.init, afterwards
    EXPECT_EQ(run(), Outcome::done);
    EXPECT_EQ(word(kRate), 0U);
}

TEST_F(HeapSwitchTest, FollowsAProgramThatIsLoadedElsewhere)
{
    constexpr std::uint64_t kBias = 0x10000;
    write("/7/exe", program(go_symbols(), ET_DYN));
    entry(kEntry + kBias);
    put(kDisabled + kBias, 1);
    put(kStarted + kBias, 0);
    put_word(kRate + kBias, 1);
    EXPECT_EQ(run(), Outcome::done);
    EXPECT_EQ(memory()[kDisabled + kBias], 0);
    EXPECT_EQ(memory()[kDisabled], 1);
}

TEST_F(HeapSwitchTest, LeavesEverythingElseAlone)
{
    const std::string before = memory();
    auto without = [](const char *name) {
        auto symbols = go_symbols();
        std::erase_if(symbols, [name](const Symbol &symbol) { return symbol.name == name; });
        return program(symbols);
    };
    auto with = [](auto change) {
        auto symbols = go_symbols();
        change(symbols[2]);
        return program(symbols);
    };
    const std::string files[] = {program(go_symbols(), ET_EXEC, false),
                                 without("runtime.disableMemoryProfiling"),
                                 without("runtime.mainStarted"),
                                 with([](Symbol &symbol) { symbol.size = 8; }),
                                 with([](Symbol &symbol) { symbol.type = STT_FUNC; }),
                                 program({}),
                                 "#!/bin/sh\n",
                                 program(go_symbols()).substr(0, 300),
                                 ""};
    for (const std::string &file : files) {
        write("/7/exe", file);
        EXPECT_EQ(run(), Outcome::not_needed);
    }
    write("/7/exe", program(go_symbols()));
    entry(kEntry + 0x1000); // another image than the file's
    EXPECT_EQ(run(), Outcome::not_needed);
    entry(kEntry);
    put(kStarted, 1);
    EXPECT_EQ(run(), Outcome::not_needed) << "too late: the runtime has looked";
    put(kStarted, 0);
    EXPECT_TRUE(memory() == before);
    put(kDisabled, 7); // no bool
    EXPECT_EQ(run(), Outcome::not_needed);
    EXPECT_EQ(memory()[kDisabled], 7);
}

TEST_F(HeapSwitchTest, NamesAtTheEdgesOfTheTableAreRead)
{
    auto symbols = go_symbols();
    std::vector<Symbol> many;
    for (int i = 0; i < 40000; ++i)
        many.push_back({"runtime.filler" + std::to_string(i), 0x60000, 1});
    many.insert(many.begin() + 20000, symbols.begin(), symbols.end());
    many.push_back({"runtime.last", 1, 1});
    write("/7/exe", program(many));
    EXPECT_EQ(run(), Outcome::done);
}

/// Names are read in windows of 32 KiB, from the first one that is looked at.
TEST_F(HeapSwitchTest, ANameMayLieAcrossTwoWindows)
{
    for (std::size_t across = 1; across < 32; ++across) {
        auto symbols = go_symbols();
        const Symbol first{"runtime.first", 0x60000, 1};
        const Symbol far{std::string(32 * 1024 - first.name.size() - 1 - across - 1, 'x'), 0x60008, 64, STT_FUNC};
        symbols.erase(symbols.begin(), symbols.begin() + 1);
        std::swap(symbols[0], symbols[1]); // disableMemoryProfiling comes first
        symbols.insert(symbols.begin(), {first, far});
        write("/7/exe", program(symbols));
        put(kDisabled, 1);
        EXPECT_EQ(run(), Outcome::done) << across;
    }
}

TEST_F(HeapSwitchTest, TheLargestProcessIsFound)
{
    for (const auto &[pid, statm] :
         {std::pair{"5", "9999 10 1 1 0 1 0\n"}, std::pair{"6", "20 11 1 1 0 1 0\n"}, std::pair{"8", "?"}}) {
        std::filesystem::create_directory(root_ + '/' + pid);
        write(std::string("/") + pid + "/statm", statm);
    }
    EXPECT_EQ(largest_process({5, 6, 8, 9}, root_), 6);
    EXPECT_EQ(largest_process({8, 9}, root_), 0);
    EXPECT_EQ(largest_process({}, root_), 0);
}

TEST_F(HeapSwitchTest, RefusedIsSaid)
{
    std::filesystem::remove(root_ + "/7/mem");
    const HeapSwitched switched = switch_heap_profile(7, 65536, root_);
    EXPECT_EQ(switched.outcome, Outcome::refused);
    EXPECT_EQ(heap_switch_text({Outcome::refused, EPERM}), "refused: Operation not permitted");
    EXPECT_EQ(heap_switch_text({Outcome::done, 0}), "on");
    EXPECT_EQ(heap_switch_text({}), "");
}

} // namespace
} // namespace dbgscope
