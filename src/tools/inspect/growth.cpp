// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "kernel/process.hpp"
#include "sys/file.hpp"
#include "tools/inspect/resident.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxWaiting = 4096;  ///< stacks that are not read yet: at most 32 MiB
constexpr std::size_t kMaxNamed = 500'000; ///< pages; the samples beyond stand for those that are kept
constexpr std::size_t kMaxProcesses = 16;  ///< whose modules are known; of the others (forks of forks) no stack is read
constexpr std::size_t kMapsBytes = 16UL * 1024 * 1024;
constexpr std::uint64_t kOften = 4;
constexpr int kRestFactor = 10; ///< so many times as long as a look took it rests
constexpr int kSure = 3;        ///< times in a row
constexpr std::uint64_t kNoticeable = 4UL * 1024 * 1024;
constexpr auto kTick = 200ms;  ///< a child that ends takes its list of modules along
constexpr auto kLastWord = 2s; ///< for the stacks that are left at the end

/// What is mapped from files: pages of those are no memory that somebody allocated.
class FileMaps {
  public:
    explicit FileMaps(const std::string &maps)
    {
        for (std::size_t at = 0; at < maps.size();) {
            const std::size_t end = std::min(maps.find('\n', at), maps.size());
            line(std::string_view(maps).substr(at, end - at));
            at = end + 1;
        }
    }
    [[nodiscard]] bool has(std::uint64_t address) const
    {
        auto after = ranges_.upper_bound(address);
        return after != ranges_.begin() && address < (--after)->second;
    }

  private:
    /// "7f12-7f34 rw-p 00001000 fe:01 1234    /usr/lib/libc.so.6": begin, end, and a path where it is a file.
    void line(std::string_view text)
    {
        std::uint64_t begin = 0, end = 0;
        const char *last = text.data() + text.size();
        const auto dash = std::from_chars(text.data(), last, begin, 16);
        if (dash.ec != std::errc{} || dash.ptr == last ||
            std::from_chars(dash.ptr + 1, last, end, 16).ec != std::errc{})
            return;
        const auto slash = text.find('/');
        if (slash == std::string_view::npos)
            return;
        const std::string_view path = text.substr(slash); // shared memory is memory
        for (const std::string_view memory : {"/memfd:", "/dev/zero", "/dev/shm/", "/SYSV"})
            if (path.starts_with(memory))
                return;
        ranges_[begin] = end;
    }
    std::map<std::uint64_t, std::uint64_t> ranges_;
};

/// One process of those that are sampled.
struct Watched {
    std::optional<StackNames> names;
    std::optional<FileMaps> files;
};

class GrowthWatch {
  public:
    GrowthWatch(pid_t pid, const std::string &proc, FaultSampler sampler, StackNames names)
        : pid_(pid), proc_(proc), sampler_(std::move(sampler))
    {
        processes_[pid].names = std::move(names);
    }

    void run(std::chrono::milliseconds span, int stop)
    {
        const auto begin = Clock::now();
        const UniqueFd end = open_pidfd(pid_);
        while (!over_ && Clock::now() - begin < span) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(begin + span - Clock::now());
            wait(waiting_.empty() ? std::min<std::chrono::milliseconds>(left, kTick) : 0ms, stop, end.get());
            sampler_.drain(waiting_, kMaxWaiting);
            for (int some = 0; some < 8 && !waiting_.empty(); ++some)
                name_next();
            if (Clock::now() - looked_ > std::max<Clock::duration>(kTick, kRestFactor * keeping_)) {
                look();
                sampler_.drain(waiting_, kMaxWaiting); // all that had been taken by then
                name_all();
                keep();
                sample_more_often();
            }
        }
        sampler_.drain(waiting_, kMaxWaiting);
        watched_ = std::chrono::round<std::chrono::milliseconds>(Clock::now() - begin);
        name_all();
    }

    GrowthView view(bool by_stack)
    {
        lost_ += waiting_.size();
        waiting_.clear();
        if (!ended_ || kept_.empty()) { // of one that has ended, nobody can say any more what was still there
            look();
            keep();
        }
        GrowthView view{.program = executable_,
                        .pid = pid_,
                        .watched = watched_,
                        .ended = ended_,
                        .before_bytes = before_,
                        .now_bytes = now_,
                        .period = sampler_.period(),
                        .samples = kept_.size(),
                        .lost = lost_,
                        .with_kernel = sampler_.with_kernel(),
                        .sites = {}};
        sum_growth(view, kept_, by_stack);
        return view;
    }

  private:
    void wait(std::chrono::milliseconds patience, int stop, int end)
    {
        std::vector<pollfd> polled{{.fd = stop, .events = POLLIN, .revents = 0},
                                   {.fd = end, .events = POLLIN, .revents = 0}};
        for (const int fd : sampler_.descriptors()) // a ring whose first thread has ended would wake us without an end
            polled.push_back({.fd = hung_up_ ? -1 : fd, .events = POLLIN, .revents = 0});
        if (::poll(polled.data(), polled.size(), static_cast<int>(patience.count())) <= 0)
            return;
        ended_ = polled[1].revents != 0;
        over_ = ended_ || polled[0].revents != 0;
        for (std::size_t i = 2; i < polled.size(); ++i)
            hung_up_ |= (polled[i].revents & (POLLHUP | POLLERR)) != 0;
    }

    void name_all()
    {
        for (const auto last = Clock::now() + kLastWord; !waiting_.empty() && Clock::now() < last;)
            name_next();
    }

    /// The samples since the last time stand for those too that were lost meanwhile.
    void settle()
    {
        lost_ += sampler_.lost() - std::exchange(sampler_lost_, sampler_.lost());
        if (taken_ == 0)
            return;
        const double scale = 1 + static_cast<double>(lost_ - lost_settled_) / static_cast<double>(taken_);
        for (const auto &page : fresh_)
            if (const auto sample = named_.find(page); sample != named_.end())
                sample->second.bytes *= scale;
        fresh_.clear();
        taken_ = 0;
        lost_settled_ = lost_;
    }

    /// Lets go what has been given back.
    void keep()
    {
        const auto begin = Clock::now();
        settle();
        kept_ = still_there(named_, pid_, proc_);
        keeping_ = Clock::now() - begin;
    }

    /// Each thread counts to the period by itself: where they end sooner, little of what they take is sampled.
    void sample_more_often()
    {
        if (!before_ || !now_ || *now_ < *before_ + kNoticeable || sampler_.period() <= kOften)
            return;
        double sampled = 0;
        for (const NamedSample &sample : kept_)
            sampled += sample.bytes;
        const std::uint64_t after = anonymous_bytes_of(pid_, proc_).value_or(0); // it may have given all of it back
        const std::uint64_t grew = std::min(*now_, std::max(after, *before_)) - *before_;
        const bool too_little = grew >= kNoticeable && sampled < static_cast<double>(grew) / 2;
        too_little_ = too_little ? too_little_ + 1 : 0;
        if (too_little_ < kSure)
            return;
        if (auto more = FaultSampler::open(pid_, kOften, proc_)) {
            lost_ += waiting_.size(); // they would be taken for samples of the new one
            waiting_.clear();
            sampler_ = std::move(*more);
            sampler_lost_ = 0;
            hung_up_ = false;
        }
    }

    /// The process' memory, and what it has mapped from files.
    void look()
    {
        looked_ = Clock::now();
        if (const auto bytes = anonymous_bytes_of(pid_, proc_)) {
            if (!before_)
                before_ = bytes;
            now_ = bytes;
        }
        for (auto &[pid, process] : processes_)
            if (auto maps = read_file(fmt::format("{}/{}/maps", proc_, pid), kMapsBytes); maps && !maps->empty())
                process.files.emplace(*maps);
    }

    Watched *process_of(pid_t pid)
    {
        if (const auto known = processes_.find(pid); known != processes_.end())
            return &known->second;
        if (processes_.size() >= kMaxProcesses)
            return nullptr;
        Watched &fresh = processes_[pid];
        if (auto names = StackNames::of_process(pid, proc_))
            fresh.names = std::move(*names);
        return &fresh;
    }

    void name_next()
    {
        const FaultSample sample = std::move(waiting_.front());
        waiting_.pop_front();
        ++taken_;
        Watched *process = process_of(sample.pid);
        if (process != nullptr && process->files && process->files->has(sample.address))
            return;
        NamedSample named{.pid = sample.pid,
                          .address = sample.address,
                          .bytes = static_cast<double>(sample.page_bytes * sampler_.period()),
                          .stack = {}};
        if (process != nullptr) // a child that has gone already was a copy of its parent, mostly
            named.stack = (process->names ? process->names : processes_[pid_].names)->read(sample);
        // The same page again: what was there before has been given back.
        const auto page = std::pair(sample.pid, sample.address & ~(sample.page_bytes - 1));
        if (named_.size() < kMaxNamed || named_.contains(page)) {
            named_.insert_or_assign(page, std::move(named));
            fresh_.insert(page);
        }
    }

    pid_t pid_;
    std::string proc_, executable_ = executable_of(pid_);
    FaultSampler sampler_;
    std::map<pid_t, Watched> processes_;
    std::deque<FaultSample> waiting_;
    NamedPages named_;
    std::vector<NamedSample> kept_; ///< of them, as of the last look
    Clock::duration keeping_{};     ///< what that look took
    std::optional<std::uint64_t> before_ = anonymous_bytes_of(pid_, proc_), now_ = before_;
    std::set<NamedPages::key_type> fresh_;       ///< since the last settle()
    std::uint64_t taken_ = 0, sampler_lost_ = 0; ///< the same
    std::uint64_t lost_ = 0, lost_settled_ = 0;
    std::chrono::milliseconds watched_{};
    Clock::time_point looked_{};
    int too_little_ = 0;
    bool over_ = false, ended_ = false, hung_up_ = false;
};

} // namespace

Result<GrowthView> watch_growth(pid_t pid, std::chrono::milliseconds span, int stop, bool by_stack,
                                const std::string &proc)
{
    auto sampler = FaultSampler::open(pid, FaultSampler::usual_period(), proc);
    if (!sampler)
        return pass(sampler);
    auto names = StackNames::of_process(pid, proc);
    if (!names)
        return pass(names);
    GrowthWatch watch(pid, proc, std::move(*sampler), std::move(*names));
    watch.run(span, stop);
    return watch.view(by_stack);
}

} // namespace dbgscope
