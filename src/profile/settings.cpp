// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/profile.hpp"

#include <cassert>

namespace dbgscope {
namespace {

/// Whether `value` holds the alternative that ValueType's comment promises.
[[maybe_unused]] bool fits(ValueType type, const Value &value)
{
    switch (type) {
    case ValueType::size:
    case ValueType::count: return std::holds_alternative<SizeSpec>(value);
    case ValueType::percent:
    case ValueType::integer:
    case ValueType::weight: return std::holds_alternative<std::int64_t>(value);
    case ValueType::duration: return std::holds_alternative<std::chrono::microseconds>(value);
    case ValueType::flag: return std::holds_alternative<bool>(value);
    case ValueType::choice:
    case ValueType::text: return std::holds_alternative<std::string>(value);
    case ValueType::choices:
    case ValueType::list: return std::holds_alternative<std::vector<std::string>>(value);
    }
    return false;
}

} // namespace

const Setting *Settings::find(Key key) const
{
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

void Settings::set(Key key, Setting setting)
{
    assert(fits(key_info(key).type, setting.value));
    values_.insert_or_assign(key, std::move(setting));
}

void Settings::clear(Key key)
{
    values_.erase(key);
}

std::string Settings::text(Key key, std::string_view fallback) const
{
    return get<std::string>(key).value_or(std::string(fallback));
}

std::vector<std::string> Settings::list(Key key) const
{
    return get<std::vector<std::string>>(key).value_or(std::vector<std::string>{});
}

} // namespace dbgscope
