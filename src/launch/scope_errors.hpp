// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

// What a manager's answers mean, in our own words. Chosen by D-Bus error name and job result, never by a sentence.
namespace dbgscope {

/// What was asked, of which unit, of which manager.
struct ManagerRequest {
    std::string operation; ///< "create scope"
    std::string unit;
    bool user_manager = false;
};

/// A D-Bus error. `text` is the manager's sentence: the cause where we have no better one.
[[nodiscard]] Error manager_error(const ManagerRequest &request, std::string name, std::string text);

/// A job that ended otherwise than "done": JobRemoved's `result`, org.freedesktop.systemd1(5).
[[nodiscard]] Error job_error(const ManagerRequest &request, std::string_view result);

/// A job that ended well without starting the unit: a condition of it does not hold.
[[nodiscard]] Error condition_error(const ManagerRequest &request);

/// A job that ended with "failed": `unit_result` is the unit's Result, "resources", or empty.
[[nodiscard]] Error failed_error(const ManagerRequest &request, std::string_view unit_result);

/// The manager knows no property of that name for this kind of unit.
[[nodiscard]] bool is_unknown_property(std::string_view error_name);
/// A unit of that name is loaded: active, or a failed leftover.
[[nodiscard]] bool is_unit_exists(std::string_view error_name);

} // namespace dbgscope
