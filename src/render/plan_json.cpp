// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "dbgscope/overloaded.hpp"
#include "render/plan_text.hpp"

namespace dbgscope {
namespace {

using Json = nlohmann::ordered_json;

/// The D-Bus signature beside the value, so that a reader needs no table of ours.
Json value_json(const BusValue &value)
{
    return std::visit(Overloaded{
                          [](bool v) { return Json{{"type", "b"}, {"value", v}}; },
                          [](std::int32_t v) { return Json{{"type", "i"}, {"value", v}}; },
                          [](std::uint32_t v) { return Json{{"type", "u"}, {"value", v}}; },
                          [](std::uint64_t v) { return Json{{"type", "t"}, {"value", v}}; },
                          [](const std::string &v) { return Json{{"type", "s"}, {"value", v}}; },
                          [](const std::vector<std::string> &v) { return Json{{"type", "as"}, {"value", v}}; },
                          [](const std::vector<std::uint8_t> &v) { return Json{{"type", "ay"}, {"value", v}}; },
                          [](const std::vector<PathLimit> &v) {
                              Json list = Json::array();
                              for (const PathLimit &limit : v)
                                  list.push_back({limit.path, limit.value});
                              return Json{{"type", "a(st)"}, {"value", std::move(list)}};
                          },
                          [](const std::vector<StringPair> &v) {
                              Json list = Json::array();
                              for (const StringPair &pair : v)
                                  list.push_back({pair.first, pair.second});
                              return Json{{"type", "a(ss)"}, {"value", std::move(list)}};
                          },
                          [](const std::vector<AddressPrefix> &v) {
                              Json list = Json::array();
                              for (const AddressPrefix &a : v)
                                  list.push_back({a.family, a.address, a.prefix});
                              return Json{{"type", "a(iayu)"}, {"value", std::move(list)}};
                          },
                          [](const NameFilter &v) { return Json{{"type", "(bas)"}, {"value", {v.allow, v.names}}}; },
                          [](const std::vector<SocketBind> &v) {
                              Json list = Json::array();
                              for (const SocketBind &b : v)
                                  list.push_back({b.family, b.protocol, b.count, b.first});
                              return Json{{"type", "a(iiqq)"}, {"value", std::move(list)}};
                          },
                      },
                      value);
}

Json writes_json(const std::vector<CgroupWrite> &writes)
{
    Json list = Json::array();
    for (const CgroupWrite &write : writes)
        list.push_back({{"file", write.file}, {"value", write.value}, {"optional", write.optional}});
    return list;
}

Json division_json(const std::optional<Division> &division)
{
    if (!division)
        return nullptr;
    return {{"version", division->version},
            {"enable", division->enable},
            {"debugger", writes_json(division->debugger)},
            {"debuggee", writes_json(division->debuggee)}};
}

Json limit_json(Limit limit)
{
    return limit.finite() ? Json(limit.bytes()) : Json(nullptr);
}

Json watch_json(const Watch &watch)
{
    constexpr const char *kFuse[] = {"off", "warn", "hold"};
    constexpr const char *kPressure[] = {"off", "say", "weight", "hold"};
    return {{"action", "start-watcher"},
            {"wait", watch.wait},
            {"tool", watch.tool},
            {"command", watch.command},
            {"split", watch.split},
            {"split_required", watch.split_required},
            {"debuggee_oom_score_adj", watch.debuggee_oom_score_adj},
            {"cap_bytes", limit_json(watch.cap)},
            {"scope_limit_bytes", limit_json(watch.scope_limit)},
            {"fuse", kFuse[static_cast<std::size_t>(watch.fuse)]},
            {"fuse_line_bytes", limit_json(watch.fuse_line)},
            {"pressure", kPressure[static_cast<std::size_t>(watch.pressure)]},
            {"pressure_some_permyriad", watch.pressure_some_permyriad},
            {"pressure_full_permyriad", watch.pressure_full_permyriad},
            {"use_pidfd", watch.use_pidfd},
            {"use_cgroup_kill", watch.use_cgroup_kill},
            {"go_version", watch.go_version},
            {"heap_profile_rate", watch.heap_profile_rate},
            {"builds", watch.builds}};
}

Json scope_json(const CreateScope &scope)
{
    Json properties = Json::array();
    for (const ScopeProperty &property : scope.properties) {
        Json row = value_json(property.value);
        row["name"] = property.name;
        properties.push_back(std::move(row));
    }
    return {{"action", "create-scope"},
            {"manager", scope.user_manager ? "user" : "system"},
            {"unit", scope.unit},
            {"job_mode", scope.job_mode},
            {"properties", std::move(properties)},
            {"memory_mount", scope.memory_mount},
            {"unified_mount", scope.unified_mount},
            {"division", division_json(scope.division)}};
}

Json cgroup_json(const CreateCgroup &cgroup)
{
    return {{"action", "create-cgroup"},
            {"version", cgroup.version},
            {"parent", cgroup.parent},
            {"name", cgroup.name},
            {"vacate_parent", cgroup.vacate_parent},
            {"enable", cgroup.enable},
            {"writes", writes_json(cgroup.writes)},
            {"unified_parent", cgroup.unified_parent},
            {"division", division_json(cgroup.division)}};
}

Json environment_json(const SetEnvironment &environment)
{
    Json changes = Json::object();
    for (const EnvChange &change : environment.changes)
        changes[change.name] = change.value ? Json(*change.value) : Json(nullptr);
    return {{"action", "set-environment"}, {"changes", std::move(changes)}};
}

Json action_json(const Action &action)
{
    return std::visit(
        Overloaded{
            [](const StartWatcher &a) { return watch_json(a.watch); },
            [](const CreateScope &a) { return scope_json(a); },
            [](const CreateCgroup &a) { return cgroup_json(a); },
            [](const VerifyLimit &a) {
                return Json{{"action", "verify-limit"}, {"bytes", a.expected.bytes()}, {"required", a.required}};
            },
            [](const InstallFilter &a) {
                return Json{{"action", "install-filter"}, {"required", a.required}, {"go_starts", a.go_starts}};
            },
            [](const SetOomScore &a) { return Json{{"action", "set-oom-score"}, {"value", a.value}}; },
            [](const SetRlimit &a) {
                return Json{{"action", "set-rlimit"}, {"resource", a.resource}, {"soft", a.soft}, {"hard", a.hard}};
            },
            [](const NoHugePages &) { return Json{{"action", "no-huge-pages"}}; },
            [](const SetNice &a) { return Json{{"action", "set-nice"}, {"value", a.value}}; },
            [](const SetCredentials &a) {
                return Json{{"action", "set-credentials"}, {"user", a.user}, {"group", a.group}};
            },
            [](const ChangeDirectory &a) { return Json{{"action", "change-directory"}, {"path", a.path}}; },
            [](const SetEnvironment &a) { return environment_json(a); },
            [](const Execute &a) { return Json{{"action", "exec"}, {"path", a.path}, {"arguments", a.arguments}}; },
        },
        action);
}

Json to_json(const LaunchPlan &plan)
{
    Json out{{"schema", 1},
             {"backend", backend_name(plan.backend)},
             {"reason", plan.backend_reason},
             {"session", plan.session}};
    out["cap_bytes"] = plan.cap && plan.cap->finite() ? Json(plan.cap->bytes()) : Json(nullptr);
    out["steps"] = Json::array();
    for (const Step &step : plan.steps) {
        Json row = action_json(step.action);
        row["reason"] = step.reason;
        out["steps"].push_back(std::move(row));
    }
    out["notices"] = Json::array();
    for (const Notice &notice : plan.notices)
        out["notices"].push_back({{"id", notice.id}, {"text", notice.text}});
    out["left_out"] = Json::array();
    for (const Notice &notice : plan.left_out)
        out["left_out"].push_back({{"id", notice.id}, {"text", notice.text}});
    out["announcement"] = plan.announcement;
    out["fallback"] = Json::array();
    for (const LaunchPlan &other : plan.fallback)
        out["fallback"].push_back(to_json(other));
    return out;
}

} // namespace

std::string plan_json(const LaunchPlan &plan)
{
    return to_json(plan).dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace dbgscope
