// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/go_heap.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_set>

#include <fmt/core.h>

#include "tools/inspect/go_program.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kMaxBuckets = 1'000'000;
constexpr std::uint64_t kMaxDepth = 1024; ///< GODEBUG=profstackdepth goes up to this; 32 up to Go 1.22, then 128
constexpr std::uint64_t kMaxAllFrames = 16'000'000; ///< 128 MiB
constexpr std::uint64_t kMaxStructBytes = 4096;
constexpr std::uint64_t kMemProfile = 1; ///< bucketType of runtime/mprof.go: iota + 1
constexpr std::uint64_t kPending = 3;    ///< memRecord.future has three cycles
constexpr std::uint64_t kWord = sizeof(std::uint64_t);

/// One memRecordCycle as it is in memory; the differences wrap as the runtime's own do.
struct Cycle {
    std::uint64_t allocs = 0, frees = 0, alloc_bytes = 0, free_bytes = 0;
    Cycle &operator+=(const Cycle &other)
    {
        allocs += other.allocs;
        frees += other.frees;
        alloc_bytes += other.alloc_bytes;
        free_bytes += other.free_bytes;
        return *this;
    }
};

/// "not yet swept" can leave more frees than allocations for a moment.
HeapCount kept(const Cycle &cycle)
{
    const auto difference = [](std::uint64_t allocated, std::uint64_t freed) {
        return allocated > freed ? static_cast<double>(allocated - freed) : 0.0;
    };
    return {.objects = difference(cycle.allocs, cycle.frees), .bytes = difference(cycle.alloc_bytes, cycle.free_bytes)};
}

/// 1 - exp(-x), x >= 0. libm is not among the libraries of the binary, for the sake of its start.
double exponential_share(double x)
{
    if (x > 40) // beyond a double's precision
        return 1;
    int halvings = 0;
    for (; x > 1.0 / 1024; x /= 2)
        ++halvings;
    double share = x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4)));
    for (; halvings > 0; --halvings) // 1 - e^-2x = (1 - e^-x)(1 + e^-x)
        share *= 2 - share;
    return share;
}

/// runtime/pprof scaleHeapSample: an object of this size is sampled with probability 1 - exp(-size/rate).
HeapCount scaled(HeapCount count, std::uint64_t rate)
{
    if (count.objects <= 0 || count.bytes <= 0)
        return {};
    if (rate <= 1)
        return count;
    const double average = count.bytes / count.objects;
    const double scale = 1 / exponential_share(average / static_cast<double>(rate));
    return {.objects = count.objects * scale, .bytes = count.bytes * scale};
}

class Walk {
  public:
    Walk(const Memory &memory, const GoHeapLayout &layout) : memory_(memory), layout_(layout) {}

    GoHeap run(std::uint64_t rate, std::uint64_t cycle)
    {
        heap_.rate = rate;
        cycle_ = cycle;
        std::unordered_set<std::uint64_t> seen;
        auto at = memory_.read_word(layout_.buckets.at);
        while (at && *at != 0) {
            if (seen.size() >= kMaxBuckets || frames_ > kMaxAllFrames || !seen.insert(*at).second) {
                heap_.cut_short = true;
                break;
            }
            at = bucket(*at);
        }
        heap_.cut_short |= !at;
        return std::move(heap_);
    }

  private:
    /// Returns the next one; nothing when there is no way to know it.
    std::optional<std::uint64_t> bucket(std::uint64_t address)
    {
        std::array<std::byte, kMaxStructBytes> buffer{};
        const auto head = std::span(buffer).first(layout_.bucket_bytes);
        if (!memory_.read(address, head))
            return std::nullopt;
        const auto word = [&head](const Field &field) { return number_in(head, field.at, field.size).value_or(0); };
        const std::uint64_t depth = word(layout_.depth);
        if (word(layout_.type) != kMemProfile || depth > kMaxDepth)
            ++heap_.torn;
        else
            sample(address, depth, word(layout_.size));
        return word(layout_.all_next);
    }

    void sample(std::uint64_t address, std::uint64_t depth, std::uint64_t object_bytes)
    {
        body_.resize(depth * kWord + layout_.record_bytes);
        if (!memory_.read(address + layout_.bucket_bytes, body_)) {
            ++heap_.torn;
            return;
        }
        const std::span<const std::byte> record = std::span<const std::byte>(body_).subspan(depth * kWord);
        const auto cycle = [&](std::uint64_t at) { return cycle_at(record, at, object_bytes); };
        const auto pending = [&](std::uint64_t ahead) {
            return cycle(layout_.future.at + (cycle_ + ahead) % kPending * layout_.cycle_bytes);
        };
        // mprof.go: mallocs are counted to cycle C+2, what the sweep frees to C+1. So C and C+1 are whole once the
        // sweep is, and what they sum up to with the published part is the heap as of the last mark termination.
        Cycle settled = cycle(layout_.active.at);
        settled += pending(0);
        settled += pending(1);
        HeapSample sample{.stack = {},
                          .object_bytes = object_bytes,
                          .live = scaled(kept(settled), heap_.rate),
                          .recent = scaled(kept(pending(2)), heap_.rate),
                          .total = {}};
        Cycle all = settled;
        all += pending(2);
        sample.total = scaled(kept({.allocs = all.allocs, .frees = 0, .alloc_bytes = all.alloc_bytes, .free_bytes = 0}),
                              heap_.rate);
        frames_ += depth;
        sample.stack.reserve(depth);
        for (std::uint64_t i = 0; i < depth; ++i)
            sample.stack.push_back(number_in(body_, i * kWord, kWord).value_or(0));
        heap_.samples.push_back(std::move(sample));
    }

    [[nodiscard]] Cycle cycle_at(std::span<const std::byte> record, std::uint64_t at, std::uint64_t object_bytes) const
    {
        const auto word = [&](const Field &field) { return number_in(record, at + field.at, field.size).value_or(0); };
        Cycle cycle{.allocs = word(layout_.allocs), .frees = word(layout_.frees), .alloc_bytes = 0, .free_bytes = 0};
        cycle.alloc_bytes = layout_.alloc_bytes ? word(*layout_.alloc_bytes) : cycle.allocs * object_bytes;
        cycle.free_bytes = layout_.free_bytes ? word(*layout_.free_bytes) : cycle.frees * object_bytes;
        return cycle;
    }

    const Memory &memory_;
    const GoHeapLayout &layout_;
    GoHeap heap_;
    std::uint64_t cycle_ = 0, frames_ = 0;
    std::vector<std::byte> body_;
};

std::unexpected<Error> another_shape(const Program &program, std::string_view missing)
{
    return fail({.kind = ErrorKind::unsupported,
                 .operation = "read",
                 .subject = "the heap profile of " + program.path(),
                 .cause = fmt::format("the runtime of this Go version has no {} of a known shape", missing)});
}

} // namespace

HeapCount &HeapCount::operator+=(const HeapCount &other)
{
    objects += other.objects;
    bytes += other.bytes;
    return *this;
}

Result<GoHeapLayout> go_heap_layout(const Program &program)
{
    if (auto fit = check_go_program(program); !fit)
        return pass(fit);
    GoHeapLayout layout;
    const struct {
        const char *name;
        Field *to;
        std::optional<Field> found;
    } needed[] = {
        {"mbuckets", &layout.buckets, program.symbol("runtime.mbuckets")},
        {"MemProfileRate", &layout.rate, program.symbol("runtime.MemProfileRate")},
        {"mProfCycle", &layout.cycle, program.variable("runtime.mProfCycle")},
        {"bucket.allnext", &layout.all_next, program.member("runtime.bucket", {"allnext"})},
        {"bucket.typ", &layout.type, program.member("runtime.bucket", {"typ"})},
        {"bucket.size", &layout.size, program.member("runtime.bucket", {"size"})},
        {"bucket.nstk", &layout.depth, program.member("runtime.bucket", {"nstk"})},
        {"memRecord.active", &layout.active, program.member("runtime.memRecord", {"active"})},
        {"memRecord.future", &layout.future, program.member("runtime.memRecord", {"future"})},
        {"memRecordCycle.allocs", &layout.allocs, program.member("runtime.memRecordCycle", {"allocs"})},
        {"memRecordCycle.frees", &layout.frees, program.member("runtime.memRecordCycle", {"frees"})},
    };
    for (const auto &[name, to, found] : needed) {
        if (!found)
            return another_shape(program, name);
        *to = *found;
    }
    layout.disabled = program.symbol("runtime.disableMemoryProfiling");
    layout.started = program.symbol("runtime.mainStarted");
    layout.alloc_bytes = program.member("runtime.memRecordCycle", {"alloc_bytes"});
    layout.free_bytes = program.member("runtime.memRecordCycle", {"free_bytes"});
    layout.bucket_bytes = program.size_of("runtime.bucket").value_or(0);
    layout.record_bytes = program.size_of("runtime.memRecord").value_or(0);
    layout.cycle_bytes = program.size_of("runtime.memRecordCycle").value_or(0);
    const auto fits = [](std::uint64_t bytes) { return bytes > 0 && bytes <= kMaxStructBytes; };
    if (!fits(layout.bucket_bytes) || !fits(layout.record_bytes) || !fits(layout.cycle_bytes) ||
        layout.future.size != kPending * layout.cycle_bytes)
        return another_shape(program, "memRecord");
    return layout;
}

namespace {

/// Why there is no profile; nothing: there is one. Go 1.27 has taken a sample by the time it is switched off.
std::optional<Error> no_profile(const Memory &memory, const GoHeapLayout &layout, bool off, bool empty)
{
    const auto value_of = [&memory](const std::optional<Field> &flag) {
        return flag ? memory.read_number(flag->at, 1) : std::nullopt;
    };
    Error error{.kind = ErrorKind::refused, .operation = "read", .subject = "the heap profile"};
    if (empty && value_of(layout.started) == 0U) {
        error.cause = "the program has not begun to run: its runtime is not set up yet";
        error.hint = "let it run first";
    } else if (off && value_of(layout.disabled).value_or(0) != 0) {
        error.cause = "it is switched off: Go's linker does that in a program that never reads it";
        error.hint = "start the program with dbgscope --heap-profile=on";
    } else if (off && empty) {
        error.cause = "the program itself has set runtime.MemProfileRate to 0";
    } else {
        return std::nullopt;
    }
    return error;
}

} // namespace

Result<GoHeap> read_go_heap(const Memory &memory, const GoHeapLayout &layout)
{
    const auto rate = memory.read_word(layout.rate.at);
    const auto cycle = memory.read_number(layout.cycle.at, layout.cycle.size);
    if (!rate || !cycle)
        return fail({.kind = ErrorKind::not_found,
                     .operation = "read",
                     .subject = "the heap profile",
                     .cause = "the process has ended, or its memory cannot be read"});
    GoHeap heap = Walk(memory, layout).run(*rate, *cycle >> 1);
    if (auto error = no_profile(memory, layout, *rate == 0, heap.samples.empty()))
        return fail(std::move(*error));
    return heap;
}

} // namespace dbgscope
