// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iterator>

#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "kernel/threads.hpp"
#include "sys/elf_sections.hpp"
#include "sys/file.hpp"
#include "tools/inspect/growth_answer.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxWaiting = 4096;  ///< stacks that are not read yet: at most 32 MiB
constexpr std::size_t kMaxNamed = 500'000; ///< pages; the samples beyond stand for those that are kept
constexpr std::size_t kMaxProcesses = 16;  ///< whose modules are known; of the others (forks of forks) no stack is read
constexpr std::size_t kMapsBytes = 16UL * 1024 * 1024;
constexpr std::uint64_t kOften = 4;
constexpr int kRestFactor = 10; ///< so many times as long as a look took it rests
constexpr int kTurnFactor = 50; ///< the same after what a turn's beginning took, of the program's time too
constexpr int kSure = 3;        ///< times in a row
constexpr double kSlowest = 10;
constexpr auto kIdle = 500ms;
constexpr std::uint64_t kNoticeable = 4UL * 1024 * 1024;
constexpr auto kTick = 200ms;      ///< a child that ends takes its list of modules along
constexpr auto kQuietly = 1s;      ///< the same where nobody waits for the answer
constexpr auto kLastWord = 2000ms; ///< for the stacks that are left at the end
constexpr auto kInAnswer = 1000ms; ///< the same, while somebody waits

bool is_go_program(pid_t pid, const std::string &proc)
{
    const auto exe = open_at(AT_FDCWD, process_file(pid, ProcessFile::executable, proc), O_RDONLY);
    struct stat info{};
    if (!exe || ::fstat(exe->get(), &info) != 0)
        return false;
    const auto file = ElfFile::open(exe->get(), static_cast<std::uint64_t>(info.st_size));
    return file && file->find_section(".go.buildinfo");
}

} // namespace

GrowthWatch::GrowthWatch(pid_t pid, std::string proc, FaultSampler sampler)
    : pid_(pid), proc_(std::move(proc)), executable_(executable_of(pid_)), sampler_(std::move(sampler)),
      before_(anonymous_bytes_of(pid_, proc_)), now_(before_)
{
}

void GrowthWatch::run(std::chrono::milliseconds span, int stop)
{
    const UniqueFd end = open_pidfd(pid_);
    while (!over_ && Clock::now() - begin_ < span) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(begin_ + span - Clock::now());
        over_ |= wait(waiting_.empty() ? std::min<std::chrono::milliseconds>(left, kTick) : 0ms, stop, end.get());
        drain();
        for (int some = 0; some < 8 && !waiting_.empty(); ++some)
            name_next();
        if (Clock::now() - looked_ > std::max<Clock::duration>(kTick, kRestFactor * keeping_)) {
            look();
            drain(); // all that had been taken by then
            name_all(kLastWord);
            keep();
            sample_more_often();
        }
    }
    drain();
    watched_ = std::chrono::round<std::chrono::milliseconds>(Clock::now() - begin_);
    name_all(kLastWord);
}

void GrowthWatch::serve(int socket)
{
    const UniqueFd end = open_pidfd(pid_);
    serving_ = true;
    over_ = is_go_program(pid_, proc_);
    while (!over_) {
        const auto patience = until_turn(fresh_.empty() ? -1ms : std::chrono::milliseconds(kQuietly));
        const bool asked = wait(waiting_.empty() ? patience : 0ms, socket, end.get());
        drain();
        ration();
        for (int some = 0; some < 8 && !waiting_.empty(); ++some)
            name_next();
        if (asked && !over_)
            answer(socket);
        else if (!fresh_.empty() &&
                 Clock::now() - looked_ > std::max<Clock::duration>(kQuietly, kRestFactor * keeping_)) {
            look();
            keep();
        }
    }
}

void GrowthWatch::answer(int socket)
{
    const auto question = take_growth_question(socket);
    over_ |= question.over;
    if (!question.to.valid())
        return;
    name_all(kInAnswer);
    look();
    keep();
    watched_ = std::chrono::round<std::chrono::milliseconds>(Clock::now() - begin_);
    tell_growth(question.to.get(), growth_answer(view_of(question.pid, false), view_of(question.pid, true)));
}

/// One of those that are sampled. What another than the first had when it was forked is not known.
GrowthView GrowthWatch::view_of(pid_t pid, bool by_stack) const
{
    std::vector<NamedSample> its;
    std::ranges::copy_if(kept_, std::back_inserter(its),
                         [pid](const NamedSample &sample) { return sample.pid == pid; });
    GrowthView view{.program = executable_of(pid),
                    .pid = pid,
                    .watched = watched_,
                    .before_bytes = pid == pid_ ? before_ : std::nullopt,
                    .now_bytes = anonymous_bytes_of(pid, proc_),
                    .period = sampler_.period(),
                    .samples = its.size(),
                    .lost = lost_,
                    .left_out = whole(left_out_),
                    .with_kernel = sampler_.with_kernel(),
                    .sites = {}};
    sum_growth(view, its, by_stack);
    return view;
}

GrowthView GrowthWatch::view(bool by_stack)
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

bool GrowthWatch::wait(std::chrono::milliseconds patience, int asks, int end)
{
    std::vector<pollfd> polled{{.fd = asks, .events = POLLIN, .revents = 0},
                               {.fd = end, .events = POLLIN, .revents = 0}};
    for (const int fd : sampler_.descriptors()) // a ring whose first thread has ended would wake us without an end
        polled.push_back({.fd = hung_up_ ? -1 : fd, .events = POLLIN, .revents = 0});
    if (::poll(polled.data(), polled.size(), static_cast<int>(patience.count())) <= 0)
        return false;
    ended_ = polled[1].revents != 0;
    over_ |= ended_;
    for (std::size_t i = 2; i < polled.size(); ++i)
        hung_up_ |= (polled[i].revents & (POLLHUP | POLLERR)) != 0;
    return polled[0].revents != 0;
}

void GrowthWatch::drain()
{
    sampler_.drain(waiting_, kMaxWaiting);
    take_executed();
}

/// Another program: what was seen of the one before says nothing about it.
void GrowthWatch::take_executed()
{
    for (const pid_t pid : sampler_.take_executed())
        begin_anew(pid);
}

void GrowthWatch::begin_anew(pid_t pid)
{
    processes_.erase(pid);
    std::erase_if(named_, [pid](const auto &page) { return page.first.first == pid; });
    std::erase_if(fresh_, [pid](const auto &page) { return page.first == pid; });
    std::erase_if(kept_, [pid](const NamedSample &sample) { return sample.pid == pid; });
    if (pid != pid_)
        return;
    executable_ = executable_of(pid_);
    before_ = 0;
    begin_ = Clock::now();
    over_ |= serving_ && is_go_program(pid_, proc_);
}

/// `patience`, where -1 is forever, but no longer than the pause.
std::chrono::milliseconds GrowthWatch::until_turn(std::chrono::milliseconds patience) const
{
    if (!resume_)
        return patience;
    const auto left = std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(*resume_ - Clock::now()));
    return patience < 0ms ? left : std::min(patience, left);
}

/// In turns, where all of the time would cost the program too much; who asks for a measurement wants it exact.
void GrowthWatch::ration()
{
    const auto now = Clock::now();
    if (resume_) {
        if (now >= *resume_)
            resume();
        return;
    }
    const std::uint64_t seen = sampler_.seen() - std::exchange(spent_, sampler_.seen());
    const auto used_now = used();
    if (now - std::exchange(rationed_, now) > kIdle) {
        busy_ = now;
        used_ = used_now;
    }
    if (!budget_.spend(seen * sampler_.period(), seen, used_now))
        return;
    sampler_.pause();
    const std::uint64_t late = sampler_.seen() - std::exchange(spent_, sampler_.seen());
    (void)budget_.spend(late * sampler_.period(), 0, used_now); // a sample that finds no room costs next to nothing
    make_up();
    // It may get a part of a processor only; one that rests is not waited for.
    const double slowness = std::chrono::duration<double>(now - busy_) / (used_now - used_ + 1us);
    const auto pause = budget_.pause() * std::clamp(slowness, 1.0, kSlowest);
    turned_ = now;
    resume_ = now + std::max(std::chrono::round<Clock::duration>(pause), kTurnFactor * opening_);
}

/// Processor time of the program; of the wall where that cannot be had.
GrowthBudget::Duration GrowthWatch::used() const
{
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return Clock::now().time_since_epoch();
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void GrowthWatch::resume()
{
    const auto begin = Clock::now();
    (void)sampler_.resume(family_of(pid_, proc_), proc_); // not: what was seen until now is what can be said
    gap_ += begin - std::exchange(turned_, Clock::now());
    opening_ = turned_ - begin;
    turn_ = sampler_.seen();
    used_ = used();
    busy_ = rationed_ = turned_;
    resume_.reset();
    hung_up_ = false;
    if (const std::string now = executable_of(pid_); !now.empty() && now != executable_)
        begin_anew(pid_);
}

/// In a pause as much happens, for its length, as in the turn after it.
void GrowthWatch::make_up()
{
    const std::uint64_t seen = sampler_.seen() - turn_;
    if (resume_ || seen == 0 || gap_ == Clock::duration(0))
        return;
    const std::chrono::duration<double> pause = std::exchange(gap_, {}), turn = Clock::now() - turned_;
    left_out_ += static_cast<double>(seen) * pause / turn;
}

void GrowthWatch::name_all(std::chrono::milliseconds patience)
{
    for (const auto last = Clock::now() + patience; !waiting_.empty() && Clock::now() < last;)
        name_next();
}

/// The samples since the last time stand for those too that were lost meanwhile.
void GrowthWatch::settle()
{
    lost_ += sampler_.lost() - std::exchange(sampler_lost_, sampler_.lost());
    make_up();
    if (taken_ == 0)
        return;
    const double missed = static_cast<double>(lost_ - lost_settled_) + left_out_ - left_out_settled_;
    const double scale = 1 + missed / static_cast<double>(taken_);
    for (const auto &page : fresh_)
        if (const auto sample = named_.find(page); sample != named_.end())
            sample->second.bytes *= scale;
    fresh_.clear();
    taken_ = 0;
    lost_settled_ = lost_;
    left_out_settled_ = left_out_;
}

/// Lets go what has been given back.
void GrowthWatch::keep()
{
    const auto begin = Clock::now();
    settle();
    kept_ = still_there(named_, pid_, proc_);
    keeping_ = Clock::now() - begin;
}

/// Each thread counts to the period by itself: where they end sooner, little of what they take is sampled.
void GrowthWatch::sample_more_often()
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
void GrowthWatch::look()
{
    looked_ = Clock::now();
    if (const auto bytes = anonymous_bytes_of(pid_, proc_)) {
        if (!before_)
            before_ = bytes;
        now_ = bytes;
    }
    for (auto &[pid, process] : processes_)
        if (auto maps = read_file(process_file(pid, ProcessFile::maps, proc_), kMapsBytes); maps && !maps->empty())
            process.files.emplace(*maps);
    std::erase_if(named_, [this](const auto &page) {
        const auto process = processes_.find(page.first.first);
        return process != processes_.end() && process->second.files && process->second.files->has(page.second.address);
    });
}

GrowthWatch::Watched *GrowthWatch::process_of(pid_t pid)
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

void GrowthWatch::name_next()
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
        if (auto &names = process->names ? process->names : processes_[pid_].names)
            named.stack = names->read(sample);
    // The same page again: what was there before has been given back. It stands for as many all the same: a loop over a
    // round number of pages meets the sampler at the same ones each time, and still_there() knows how much there is.
    const auto page = std::pair(sample.pid, sample.address & ~(sample.page_bytes - 1));
    if (named_.size() < kMaxNamed || named_.contains(page)) {
        named_.insert_or_assign(page, std::move(named));
        fresh_.insert(page);
    }
}

} // namespace dbgscope
