// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/running_stacks.hpp"

#include <algorithm>

namespace dbgscope {

constexpr std::size_t kMaxFrames = 64;
constexpr std::uint64_t kWord = sizeof(std::uint64_t);

std::vector<std::uint64_t> walk_stack(const Target &target, const ThreadPlace &place, const StackBounds &bounds)
{
    std::vector<std::uint64_t> stack{place.pc + 1}; // like the others: one past
    for (std::uint64_t sp = place.sp; stack.size() < kMaxFrames;) {
        const auto size = target.program.frame_size(stack.back() - 1);
        if (!size || !bounds.contain(sp) || bounds.high - sp < *size)
            break;
        sp += *size;
        const auto back = target.memory->read_word(sp - kWord);
        if (!back || *back == 0)
            break;
        stack.push_back(*back);
    }
    return stack;
}

void read_running_stacks(const Target &target, Goroutines &goroutines)
{
    const std::vector<Thread> threads = threads_of(target.pid);
    for (Goroutine &one : goroutines.all) {
        const auto thread = std::ranges::find(threads, static_cast<pid_t>(one.thread), &Thread::id);
        if (one.state != GoroutineState::running || thread == threads.end() || !thread->place)
            continue;
        const StackBounds bounds{.low = one.stack_low, .high = one.stack_high};
        // Else the runtime works for it on a stack of its own.
        one.stack = bounds.contain(thread->place->sp) ? walk_stack(target, *thread->place, bounds) : one.left_at;
    }
}

} // namespace dbgscope
