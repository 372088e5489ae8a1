// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/plan.hpp"
#include "render/json_writer.hpp"
#include "render/plan_text.hpp"

namespace dbgscope {

std::string plan_json(const LaunchPlan &plan)
{
    return JsonWriter::encode(plan, kPlanSpelling).dump({.indent = 2}) + '\n';
}

} // namespace dbgscope
