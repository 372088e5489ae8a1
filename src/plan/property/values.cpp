// SPDX-License-Identifier: Apache-2.0
#include "plan/property/values.hpp"

#include <csignal>
#include <cstring>
#include <optional>

namespace dbgscope::values {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// "RTMIN+3" with `anchor` "RTMIN": the number behind it, 0 for none.
std::optional<std::int32_t> real_time_offset(std::string_view name, std::string_view anchor, char direction)
{
    if (!name.starts_with(anchor))
        return std::nullopt;
    name.remove_prefix(anchor.size());
    if (name.empty())
        return 0;
    if (name.front() != direction)
        return std::nullopt;
    const auto offset = integer(name.substr(1), 0, SIGRTMAX - SIGRTMIN);
    return offset ? std::optional(*offset) : std::nullopt;
}

} // namespace

Parsed<std::int32_t> signal(std::string_view text)
{
    if (!text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos)
        return integer(text, 1, SIGRTMAX);
    std::string_view name = text;
    if (name.starts_with("SIG"))
        name.remove_prefix(3);
    if (name == "IO") // the C library abbreviates it as POLL
        return SIGIO;
    for (std::int32_t number = 1; number < SIGRTMIN; ++number)
        if (const char *known = sigabbrev_np(number); known != nullptr && name == known)
            return number;
    if (const auto offset = real_time_offset(name, "RTMIN", '+'))
        return SIGRTMIN + *offset;
    if (const auto offset = real_time_offset(name, "RTMAX", '-'))
        return SIGRTMAX - *offset;
    return std::unexpected(text.empty() ? "empty" : "no such signal");
}

} // namespace dbgscope::values
