// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/goroutines.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/inspect/go_program.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kMaxGoroutines = 1'000'000;
constexpr std::size_t kMaxFrames = 256;
constexpr std::size_t kMaxAllFrames = 16'000'000; ///< 128 MiB: a list may name one deep stack a million times
constexpr std::uint64_t kMaxDescriptor = 4096;    ///< bytes of runtime.g; about 400
constexpr std::uint64_t kMaxReasons = 256;
constexpr std::size_t kMaxReasonBytes = 128;
constexpr std::uint64_t kStackWindow = 16 * 1024; ///< of a stack, read at once
constexpr std::uint64_t kWord = sizeof(std::uint64_t);

// runtime/runtime2.go: _Gidle and on; the collector adds _Gscan.
enum Status : std::uint64_t { kIdle = 0, kRunnable, kRunning, kSyscall, kWaiting, kDead = 6, kPreempted = 9 };
constexpr std::uint64_t kScanBit = 0x1000;

GoroutineState state_of(std::uint64_t status)
{
    switch (status) {
    case kRunnable: return GoroutineState::runnable;
    case kRunning: return GoroutineState::running;
    case kSyscall: return GoroutineState::in_call;
    case kWaiting:
    case kPreempted: return GoroutineState::waiting;
    default: return GoroutineState::other;
    }
}

/// One goroutine's stack: the part in use is mostly small, so one read gets it all.
class Stack {
  public:
    Stack(const Memory &memory, std::uint64_t low, std::uint64_t high) : memory_(memory), low_(low), high_(high) {}

    [[nodiscard]] std::optional<std::uint64_t> word(std::uint64_t address)
    {
        if (address < low_ || address > high_ || high_ - address < kWord)
            return std::nullopt;
        if (address < from_ || address - from_ >= window_.size()) {
            window_.resize(std::min(kStackWindow, high_ - address));
            from_ = address;
            if (!memory_.read(from_, window_)) { // torn: the stack has been moved
                window_.clear();
                return std::nullopt;
            }
        }
        if (const auto found = number_in(window_, address - from_, kWord))
            return found;
        return memory_.read_word(address);
    }

  private:
    const Memory &memory_;
    std::uint64_t low_, high_, from_ = 0;
    std::vector<std::byte> window_;
};

/// The frame pointer points at the caller's, which the return address follows. True: there is more.
bool unwind(const Memory &memory, std::uint64_t pc, std::uint64_t bp, std::uint64_t low, std::uint64_t high,
            std::uint64_t start, std::size_t most, std::vector<std::uint64_t> &to)
{
    bool cut = false;
    to.push_back(pc == start ? pc + 1 : pc); // not begun yet: no return address like the others
    Stack stack(memory, low, high);
    for (std::uint64_t below = low; bp > below;) {
        const auto next = stack.word(bp), back = stack.word(bp + kWord);
        if (!next || !back || *back == 0)
            break;
        if (to.size() >= most)
            return true;
        to.push_back(*back);
        below = bp;
        bp = *next;
        cut = bp != 0 && bp <= below;
    }
    return cut;
}

class Reader {
  public:
    Reader(const Memory &memory, const GoroutineLayout &layout) : memory_(memory), layout_(layout) {}

    /// Nothing: not readable. An idle or dead one has state `other` and id 0.
    [[nodiscard]] std::optional<Goroutine> read(std::uint64_t address)
    {
        const std::size_t most = std::min(kMaxFrames, kMaxAllFrames - std::min(frames_, kMaxAllFrames));
        std::array<std::byte, kMaxDescriptor> buffer{};
        const auto bytes = std::span(buffer).first(layout_.bytes);
        if (!memory_.read(address, bytes))
            return std::nullopt;
        const auto field = [&bytes](const Field &at) { return number_in(bytes, at.at, at.size).value_or(0); };
        const std::uint64_t status = field(layout_.status) & ~kScanBit;
        if (status == kIdle || status == kDead)
            return Goroutine();
        Goroutine goroutine{.id = field(layout_.id),
                            .parent = layout_.parent ? field(*layout_.parent) : 0,
                            .state = state_of(status),
                            .reason = field(layout_.reason),
                            .waiting_since_ns = static_cast<std::int64_t>(field(layout_.since)),
                            .created_at = field(layout_.created_at),
                            .start = field(layout_.start),
                            .stack = {}};
        const std::uint64_t low = field(layout_.stack_low), high = field(layout_.stack_high);
        if (goroutine.state == GoroutineState::in_call) {
            const std::uint64_t bp = layout_.call_bp ? field(*layout_.call_bp) : 0; // else sched.bp is an old one
            goroutine.stack_cut = unwind(memory_, layout_.call_pc ? field(*layout_.call_pc) : field(layout_.pc), bp,
                                         low, high, goroutine.start, most, goroutine.stack) ||
                                  bp == 0;
        } else if (goroutine.state == GoroutineState::running) {
            (void)unwind(memory_, field(layout_.pc), field(layout_.bp), low, high, goroutine.start, most,
                         goroutine.left_at);
            goroutine.stack_low = low;
            goroutine.stack_high = high;
        } else if (goroutine.state != GoroutineState::other) {
            goroutine.stack_cut = unwind(memory_, field(layout_.pc), field(layout_.bp), low, high, goroutine.start,
                                         most, goroutine.stack);
        }
        if (layout_.machine && layout_.thread_id)
            goroutine.thread = thread_of(field(*layout_.machine));
        frames_ += goroutine.stack.size() + goroutine.left_at.size();
        return goroutine;
    }

  private:
    [[nodiscard]] std::uint64_t thread_of(std::uint64_t machine) const
    {
        const Field &id = *layout_.thread_id;
        return machine == 0 ? 0 : memory_.read_number(machine + id.at, id.size).value_or(0);
    }

    const Memory &memory_;
    const GoroutineLayout &layout_;
    std::size_t frames_ = 0; ///< of all stacks
};

std::vector<std::string> read_reasons(const Memory &memory, const Field &place)
{
    std::vector<std::string> reasons;
    const std::uint64_t count = std::min(place.size / (2 * kWord), kMaxReasons);
    for (std::uint64_t i = 0; i < count; ++i)
        reasons.push_back(printable(memory.read_go_string(place.at + i * 2 * kWord, kMaxReasonBytes).value_or("")));
    return reasons;
}

} // namespace

const char *state_name(GoroutineState state)
{
    switch (state) {
    case GoroutineState::runnable: return "runnable";
    case GoroutineState::running: return "running";
    case GoroutineState::in_call: return "in a system call";
    case GoroutineState::waiting: return "waiting";
    case GoroutineState::other: break;
    }
    return "other";
}

Result<GoroutineLayout> goroutine_layout(const Program &program)
{
    if (auto fit = check_go_program(program); !fit)
        return pass(fit);
    GoroutineLayout layout;
    const struct {
        const char *name;
        Field *to;
        std::optional<Field> found;
    } needed[] = {
        {"allgs", &layout.all, program.symbol("runtime.allgs")},
        {"waitReasonStrings", &layout.reasons, program.symbol("runtime.waitReasonStrings")},
        {"g.goid", &layout.id, program.member("runtime.g", {"goid"})},
        {"g.atomicstatus", &layout.status, program.member("runtime.g", {"atomicstatus"})},
        {"g.waitreason", &layout.reason, program.member("runtime.g", {"waitreason"})},
        {"g.waitsince", &layout.since, program.member("runtime.g", {"waitsince"})},
        {"g.sched.sp", &layout.sp, program.member("runtime.g", {"sched", "sp"})},
        {"g.sched.pc", &layout.pc, program.member("runtime.g", {"sched", "pc"})},
        {"g.sched.bp", &layout.bp, program.member("runtime.g", {"sched", "bp"})},
        {"g.gopc", &layout.created_at, program.member("runtime.g", {"gopc"})},
        {"g.startpc", &layout.start, program.member("runtime.g", {"startpc"})},
        {"g.stack.lo", &layout.stack_low, program.member("runtime.g", {"stack", "lo"})},
        {"g.stack.hi", &layout.stack_high, program.member("runtime.g", {"stack", "hi"})},
    };
    layout.bytes = program.size_of("runtime.g").value_or(0);
    const char *missing = layout.bytes == 0 || layout.bytes > kMaxDescriptor ? "g" : nullptr;
    for (const auto &[name, to, found] : needed) {
        if (!found)
            missing = name;
        else
            *to = *found;
    }
    if (missing != nullptr)
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "read",
                     .subject = "the goroutines of " + program.path(),
                     .cause = fmt::format("the runtime of this Go version has no {} of a known shape", missing)});
    layout.call_pc = program.member("runtime.g", {"syscallpc"});
    layout.call_bp = program.member("runtime.g", {"syscallbp"});
    layout.machine = program.member("runtime.g", {"m"});
    layout.thread_id = program.member("runtime.m", {"procid"});
    layout.parent = program.member("runtime.g", {"parentGoid"});
    return layout;
}

Result<Goroutines> read_goroutines(const Memory &memory, const GoroutineLayout &layout)
{
    const auto list = memory.read_word(layout.all.at), count = memory.read_word(layout.all.at + kWord);
    std::vector<std::uint64_t> addresses;
    if (list && count)
        addresses.resize(std::min(*count, kMaxGoroutines));
    if (!list || !count || !memory.read(*list, std::as_writable_bytes(std::span(addresses))))
        return fail({.kind = ErrorKind::not_found,
                     .operation = "read",
                     .subject = "the list of goroutines",
                     .cause = "the process has ended, or its memory cannot be read"});
    Goroutines found{.all = {}, .reasons = read_reasons(memory, layout.reasons), .cut_short = *count > kMaxGoroutines};
    Reader reader(memory, layout);
    for (const std::uint64_t address : addresses) {
        auto goroutine = reader.read(address);
        if (!goroutine)
            ++found.unreadable;
        else if (goroutine->id != 0)
            found.all.push_back(std::move(*goroutine));
    }
    return found;
}

} // namespace dbgscope
