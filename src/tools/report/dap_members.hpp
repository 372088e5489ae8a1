// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/json.hpp"

// What a message of the protocol has under a name. A hostile one may have anything there: it counts as absent.
namespace dbgscope {

[[nodiscard]] inline std::string text_at(const Json &json, std::string_view name)
{
    const Json *found = json.find(name);
    return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

[[nodiscard]] inline std::optional<std::int64_t> number_at(const Json &json, std::string_view name)
{
    const Json *found = json.find(name);
    return found == nullptr ? std::nullopt : found->whole<std::int64_t>();
}

[[nodiscard]] inline bool true_at(const Json &json, std::string_view name)
{
    const Json *found = json.find(name);
    return found != nullptr && found->boolean().value_or(false);
}

/// A member, or null.
[[nodiscard]] inline const Json &member_at(const Json &json, std::string_view name)
{
    static const Json kNone;
    const Json *found = json.find(name);
    return found == nullptr ? kNone : *found;
}

} // namespace dbgscope
