// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/waiters.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/running_stacks.hpp"

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
            if (known(frame) && !frame.function.starts_with("runtime."))
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
    waiter.of_runtime = of_runtime(target.program.frames(goroutine.start).back().function);
    if (frame)
        waiter.frame = std::move(*frame);
    return waiter;
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
            waiters.push_back({.thread = thread.id,
                               .name = thread.name,
                               .frame = thread.place ? native_frame(target, *thread.place) : Frame(),
                               .of_runtime = target.program.is_go()});
    }
    if (!std::ranges::all_of(waiters, &Waiter::of_runtime))
        std::erase_if(waiters, &Waiter::of_runtime);
    return waiters;
}

std::string waiter_line(const std::vector<Waiter> &waiters)
{
    std::string text;
    for (std::size_t i = 0; i < waiters.size() && i < kNamed; ++i) {
        const Waiter &waiter = waiters[i];
        text += i == 0 ? "who waits at the limit: " : "; ";
        if (waiter.goroutine != 0)
            text += fmt::format("goroutine {}, ", waiter.goroutine);
        if (!waiter.frame.function.empty())
            text += fmt::format("{} (thread {})", frame_text(waiter.frame), waiter.thread);
        else
            text += fmt::format("thread {} ({})", waiter.thread, waiter.name);
    }
    if (waiters.size() > kNamed)
        text += fmt::format("; and {} more", waiters.size() - kNamed);
    return text;
}

} // namespace dbgscope
