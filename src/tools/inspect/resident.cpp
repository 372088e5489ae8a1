// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/resident.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "dbgscope/bytes.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kBlock = 2 * kMiB;
constexpr double kSlack = 1.5; ///< by chance some blocks have more samples than they should

/// Documentation/admin-guide/mm/pagemap.rst: a word a page; bit 63 present, bit 62 swapped. Needs what perf needs.
class PageTable {
  public:
    PageTable(pid_t pid, const std::string &proc)
    {
        if (auto file = open_at(AT_FDCWD, process_file(pid, ProcessFile::page_map, proc), O_RDONLY); file)
            file_ = std::move(*file);
    }
    [[nodiscard]] bool readable() const { return file_.valid(); }
    [[nodiscard]] bool is_there(std::uint64_t address) const
    {
        std::uint64_t entry = 0;
        return !read(address, std::span(&entry, 1)) || is_there_bits(entry); // unreadable: it ends at this moment
    }
    /// Bytes of the block that `address` lies in.
    [[nodiscard]] std::uint64_t resident(std::uint64_t address) const
    {
        std::vector<std::uint64_t> entries(kBlock / page_);
        if (!read(address & ~(kBlock - 1), entries))
            return kBlock;
        return page_ * static_cast<std::uint64_t>(std::ranges::count_if(entries, is_there_bits));
    }

  private:
    static bool is_there_bits(std::uint64_t entry) { return entry >> 62U != 0; }
    [[nodiscard]] bool read(std::uint64_t address, std::span<std::uint64_t> entries) const
    {
        const auto at = static_cast<off_t>(address / page_ * sizeof(std::uint64_t));
        return ::pread(file_.get(), entries.data(), entries.size_bytes(), at) ==
               static_cast<ssize_t>(entries.size_bytes());
    }
    UniqueFd file_;
    std::uint64_t page_ = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
};

struct Block {
    double bytes = 0;    ///< what its samples stand for
    double heaviest = 0; ///< one of them
    std::uint64_t resident = 0;
    [[nodiscard]] double factor() const
    {
        return std::min(1.0, std::max(heaviest, kSlack * static_cast<double>(resident)) / bytes);
    }
};

} // namespace

std::vector<NamedSample> still_there(NamedPages &named, pid_t main, const std::string &proc)
{
    std::vector<NamedSample> there;
    std::map<pid_t, PageTable> tables;
    std::map<std::pair<pid_t, std::uint64_t>, Block> blocks;
    for (auto at = named.begin(); at != named.end();) {
        const NamedSample &sample = at->second;
        const PageTable &table = tables.try_emplace(sample.pid, sample.pid, proc).first->second;
        if (table.readable() ? !table.is_there(sample.address) : sample.pid != main) {
            at = named.erase(at);
            continue;
        }
        const auto [block, fresh] = blocks.try_emplace({sample.pid, sample.address / kBlock});
        if (fresh)
            block->second.resident = table.resident(sample.address);
        block->second.bytes += sample.bytes;
        block->second.heaviest = std::max(block->second.heaviest, sample.bytes);
        there.push_back(sample);
        ++at;
    }
    for (NamedSample &sample : there)
        if (const auto block = blocks.find({sample.pid, sample.address / kBlock}); block != blocks.end())
            sample.bytes *= block->second.factor();
    return there;
}

} // namespace dbgscope
