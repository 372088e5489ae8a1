// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "plan/properties.hpp"
#include "text/words.hpp"

// Properties that systemd has for services only, and dbgscope applies itself before exec.
namespace dbgscope {

struct LaunchProperty {
    std::string_view name;
    values::Parsed<std::vector<PropertyEffect>> (*read)(std::string_view name, std::string_view value);
    std::string_view hint; ///< the allowed form
};

[[nodiscard]] std::span<const LaunchProperty> launch_properties();

} // namespace dbgscope
