// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tools/explain/rules.hpp"

// Every pointer of a constant is a relocation, and every start of the program pays for its page, launches too: tables
// that only `explain` reads lie in the binary as text and lengths.
namespace dbgscope {

/// Each text of a rule, in one order.
template <typename SomeRule, typename Visit> constexpr void for_each_text(SomeRule &rule, Visit visit)
{
    visit(rule.id);
    visit(rule.applies);
    visit(rule.what);
    visit(rule.cause);
    visit(rule.cure);
    visit(rule.unless);
    for (auto &pattern : rule.patterns)
        visit(pattern);
    for (auto &sample : rule.samples)
        visit(sample);
    for (auto &cause : rule.caused_by)
        visit(cause);
}

/// The rules again; `text` has to live as long. Of each its severity, and the lengths of its texts.
[[nodiscard]] std::vector<Rule> unpack_rules(std::string_view text, std::span<const std::uint16_t> numbers);

template <auto kTable> struct PackedRules {
    /// Of one rule: its severity and its texts.
    static constexpr std::size_t kNumbers =
        7 + Rule{}.patterns.size() + Rule{}.samples.size() + Rule{}.caused_by.size();
    static constexpr std::size_t kBytes = [] {
        std::size_t bytes = 0;
        for (const Rule &rule : kTable())
            for_each_text(rule, [&bytes](const std::string_view &text) { bytes += text.size(); });
        return bytes;
    }();
    static_assert(std::ranges::all_of(kTable(), [](const Rule &rule) {
        bool fits = true;
        for_each_text(rule, [&fits](const std::string_view &text) { fits = fits && text.size() <= UINT16_MAX; });
        return fits;
    }));
    static constexpr auto kText = [] {
        std::array<char, kBytes> all{};
        auto to = all.begin();
        for (const Rule &rule : kTable())
            for_each_text(rule,
                          [&to](const std::string_view &text) { to = std::copy_n(text.data(), text.size(), to); });
        return all;
    }();
    static constexpr auto kLengths = [] {
        std::array<std::uint16_t, kTable().size() * kNumbers> all{};
        auto to = all.begin();
        for (const Rule &rule : kTable()) {
            *to++ = static_cast<std::uint16_t>(rule.severity);
            for_each_text(rule,
                          [&to](const std::string_view &text) { *to++ = static_cast<std::uint16_t>(text.size()); });
        }
        return all;
    }();

    [[nodiscard]] static std::vector<Rule> rules() { return unpack_rules({kText.data(), kText.size()}, kLengths); }
};

} // namespace dbgscope
