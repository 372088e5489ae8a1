// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/waiters.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/utf8.hpp"
#include "kernel/process_stat.hpp"
#include "kernel/threads.hpp"
#include "tools/inspect/function_name.hpp"
#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/growth.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/running_stacks.hpp"
#include "tools/inspect/stacks.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kNamed = 3;

/// Who waits for memory; in a frozen cgroup all sleep alike, and those that came out of a page fault are meant.
std::vector<Thread> threads_at_the_limit(pid_t pid)
{
    std::vector<Thread> all = threads_of(pid), found;
    std::ranges::copy_if(all, std::back_inserter(found), &Thread::waits_for_memory);
    if (found.empty())
        std::ranges::copy_if(all, std::back_inserter(found), [](const Thread &thread) {
            return thread.frozen() && thread.place && !thread.place->in_call;
        });
    return found;
}

bool known(const Frame &frame)
{
    return !frame.function.empty() && !frame.function.starts_with("0x");
}

/// The first that is not the runtime's; nothing: there is none.
std::optional<Frame> own_frame(const Program &program, const std::vector<std::uint64_t> &stack)
{
    for (const std::uint64_t address : stack)
        for (const Frame &frame : program.frames(address - 1))
            if (known(frame) && !is_go_runtime(frame.function))
                return frame;
    return std::nullopt;
}

/// A copying or filling function of the C library stands there mostly: it has no frame, and its caller's address is on
/// top of the stack.
Frame native_frame(const Target &target, const ThreadPlace &place)
{
    Frame frame = target.program.frames(place.pc).front();
    if (!known(frame))
        if (const auto back = target.memory->read_word(place.sp))
            frame = target.program.frames(*back - 1).front();
    return known(frame) ? frame : Frame();
}

/// The innermost that is no library's. Of the registers two are known, which is enough for the functions of a library.
Frame calling_frame(const Target &target, const ThreadPlace &place)
{
    constexpr std::size_t kLeast = 64;
    FaultSample sample;
    sample.pid = target.pid;
    sample.registers[FaultSample::kProgramCounter] = place.pc;
    sample.registers[FaultSample::kStackPointer] = place.sp;
    for (std::size_t bytes = 8 * kKiB; sample.stack.empty() && bytes >= kLeast; bytes /= 2) // less near its end
        if (std::vector<std::byte> some(bytes); target.memory->read(place.sp, some))
            sample.stack = std::move(some);
    auto names = StackNames::of_process(target.pid);
    const auto stack = names ? names->read(sample) : nullptr;
    return stack && !stack->empty() ? (*stack)[own_frame(*stack)].frame : native_frame(target, place);
}

std::string name_of(const Waiter &waiter)
{
    const std::string goroutine = waiter.goroutine != 0 ? fmt::format("goroutine {}, ", waiter.goroutine) : "";
    const std::string thread = waiter.thread != 0 ? fmt::format(" (thread {})", waiter.thread) : "";
    if (!waiter.frame.function.empty())
        return goroutine + frame_text(waiter.frame) + thread;
    return fmt::format("{}thread {} ({})", goroutine, waiter.thread, waiter.name);
}

std::string names_of(std::span<const Waiter> waiters)
{
    std::string text;
    for (const Waiter &waiter : waiters.first(std::min(waiters.size(), kNamed)))
        text += (text.empty() ? "" : "; ") + name_of(waiter);
    if (waiters.size() > kNamed)
        text += fmt::format("; and {} more", waiters.size() - kNamed);
    return text;
}

Waiter name_goroutine(const Target &target, const Goroutine &goroutine, const Thread &thread)
{
    Waiter waiter{.thread = thread.id, .name = thread.name, .goroutine = goroutine.id, .frame = {}};
    const StackBounds bounds{.low = goroutine.stack_low, .high = goroutine.stack_high};
    std::optional<Frame> frame;
    if (goroutine.state != GoroutineState::running)
        frame = own_frame(target.program, goroutine.stack);
    else if (thread.place && bounds.contain(thread.place->sp))
        frame = own_frame(target.program, walk_stack(target, *thread.place, bounds));
    else // the runtime works for it on a stack of its own
        frame = own_frame(target.program, goroutine.left_at);
    const std::string start = target.program.frames(goroutine.start).back().function;
    waiter.of_runtime = of_runtime(start);
    waiter.collects = start == "runtime.gcBgMarkWorker";
    if (!frame && waiter.of_runtime && thread.place) // a collector's
        frame = target.program.frames(thread.place->pc).front();
    if (frame && known(*frame))
        waiter.frame = std::move(*frame);
    return waiter;
}

/// Of a program in C, or of C code's own in one of Go; else the Go runtime's.
Waiter name_thread(const Target &target, const Thread &thread)
{
    Waiter waiter{.thread = thread.id, .name = thread.name, .frame = {}};
    if (thread.place)
        waiter.frame = native_frame(target, *thread.place);
    waiter.of_runtime =
        target.program.is_go() && (waiter.frame.function.empty() || is_go_runtime(waiter.frame.function));
    return waiter;
}

/// Go's collector has the processors, or what runs is its assistant: who makes the garbage is on its way, or waits for
/// it.
bool may_be_allocating(const Goroutine &goroutine, const Goroutines &goroutines)
{
    if (goroutine.state == GoroutineState::running || goroutine.state == GoroutineState::runnable)
        return true;
    return goroutine.state == GoroutineState::waiting && goroutine.reason < goroutines.reasons.size() &&
           goroutines.reasons[goroutine.reason].starts_with("GC assist");
}

std::vector<Waiter> beside_the_collector(const Target &target, const Goroutines &goroutines)
{
    std::vector<Waiter> found;
    const std::vector<Thread> threads = threads_of(target.pid);
    for (const Goroutine &goroutine : goroutines.all) {
        if (found.size() == kNamed || !may_be_allocating(goroutine, goroutines))
            continue;
        const auto own = std::ranges::find(threads, static_cast<pid_t>(goroutine.thread), &Thread::id);
        Waiter one = name_goroutine(target, goroutine, own != threads.end() ? *own : Thread());
        one.beside = true;
        if (one.frame.function.empty()) // it runs at this moment, and its registers are its processor's
            one.frame = target.program.frames(goroutine.start).back();
        if (!one.of_runtime && !one.frame.function.empty())
            found.push_back(std::move(one));
    }
    return found;
}

} // namespace

std::vector<Waiter> find_waiters(const Target &target)
{
    const std::vector<Thread> threads = threads_at_the_limit(target.pid);
    const auto layout = goroutine_layout(target.program);
    const auto goroutines =
        layout && !threads.empty() ? read_goroutines(*target.memory, *layout) : Result<Goroutines>(Goroutines());
    std::vector<Waiter> waiters;
    for (const Thread &thread : threads) {
        const Goroutine *runs = nullptr;
        if (goroutines)
            for (const Goroutine &one : goroutines->all)
                if (one.thread == static_cast<std::uint64_t>(thread.id))
                    runs = &one;
        if (runs != nullptr)
            waiters.push_back(name_goroutine(target, *runs, thread));
        else
            waiters.push_back(name_thread(target, thread));
    }
    if (!std::ranges::all_of(waiters, &Waiter::of_runtime))
        std::erase_if(waiters, &Waiter::of_runtime);
    else if (!waiters.empty() && goroutines)
        std::ranges::move(beside_the_collector(target, *goroutines), std::back_inserter(waiters));
    return waiters;
}

bool of_program(const std::vector<Waiter> &waiters)
{
    return std::ranges::any_of(waiters, [](const Waiter &waiter) {
        return !waiter.of_runtime && !waiter.beside && (waiter.goroutine == 0 || !waiter.frame.function.empty());
    });
}

bool frozen_asleep(const Target &target)
{
    const std::vector<Thread> threads = threads_of(target.pid);
    return !threads.empty() && std::ranges::all_of(threads, [](const Thread &thread) {
        return thread.frozen() && thread.place && thread.place->in_call;
    });
}

pid_t largest_taker(const Target &target)
{
    if (target.program.is_go())
        return 0;
    const std::vector<pid_t> threads = thread_ids_of(target.pid);
    const auto most = std::ranges::max_element(threads, {}, [&target](pid_t thread) {
        const auto stat = read_thread_stat(target.pid, thread);
        return stat ? stat->minor_faults : 0;
    });
    return most != threads.end() ? *most : 0;
}

std::string taker_line(const Target &target, pid_t thread)
{
    Waiter taker{.thread = thread, .name = "?", .frame = {}};
    for (const Thread &one : threads_of(target.pid))
        if (one.id == thread && one.place) {
            taker.name = one.name;
            taker.frame = calling_frame(target, *one.place);
        }
    return taker_line(taker);
}

std::string taker_line(const Waiter &taker)
{
    return fmt::format("who waits at the limit: nobody at this moment; {} has taken the most", name_of(taker));
}

std::string waiter_line(const std::vector<Waiter> &waiters)
{
    constexpr std::string_view kWho = "who waits at the limit: ";
    const auto beside = std::ranges::find(waiters, true, &Waiter::beside);
    const std::span<const Waiter> waiting(waiters.begin(), beside), others(beside, waiters.end());
    if (waiting.empty())
        return {};
    if (others.empty())
        return std::string(kWho) + names_of(waiting);
    const bool collects = std::ranges::all_of(waiting, &Waiter::collects);
    return fmt::format("{}{}; beside it {}", kWho,
                       collects ? fmt::format("Go's collector (thread {})", waiting.front().thread) : names_of(waiting),
                       names_of(others));
}

} // namespace dbgscope
