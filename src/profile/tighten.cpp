// SPDX-License-Identifier: Apache-2.0
#include "profile/tighten.hpp"

#include <algorithm>

#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

bool tightens_size(const KeyInfo &info, const SizeSpec &wanted, const SizeSpec *below)
{
    using enum SizeSpec::Kind;
    // memory.low and memory.min take memory from others: unset means none.
    const bool protection = info.key == Key::memory_low || info.key == Key::memory_min;
    if (wanted.kind == infinity)
        return below != nullptr && below->kind == infinity;
    if (wanted.value == 0)
        return true;
    if (below == nullptr)
        return !protection;
    return below->kind == infinity || (below->kind == wanted.kind && wanted.value <= below->value);
}

constexpr std::int64_t kDefaultWeight = 100; // cpu.weight and io.weight, Documentation/admin-guide/cgroup-v2.rst

} // namespace

bool tightens(const KeyInfo &info, const Value &wanted, const Value *below)
{
    switch (info.type) {
    case ValueType::size:
    case ValueType::count:
        return tightens_size(info, std::get<SizeSpec>(wanted),
                             below == nullptr ? nullptr : &std::get<SizeSpec>(*below));
    case ValueType::weight:
        return std::get<std::int64_t>(wanted) <= (below == nullptr ? kDefaultWeight : std::get<std::int64_t>(*below));
    case ValueType::percent:
    case ValueType::integer:
        return below == nullptr || std::get<std::int64_t>(wanted) <= std::get<std::int64_t>(*below);
    case ValueType::duration: {
        using Span = std::chrono::microseconds;
        return below == nullptr ? std::get<Span>(wanted) != Span::max()
                                : std::get<Span>(wanted) <= std::get<Span>(*below);
    }
    case ValueType::choice: { // the table lists them from the mildest to the strictest
        const std::vector<std::string> words = choice_words(info);
        const auto rank = [&](const Value &value) { return std::ranges::find(words, std::get<std::string>(value)); };
        return below == nullptr || rank(wanted) >= rank(*below);
    }
    case ValueType::choices: return true; // united with what is required below
    case ValueType::flag:
    case ValueType::text:
    case ValueType::list: break;
    }
    return false;
}

} // namespace dbgscope
