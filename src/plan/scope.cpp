// SPDX-License-Identifier: Apache-2.0
#include "plan/scope.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/overloaded.hpp"
#include "dbgscope/utf8.hpp"
#include "kernel/cgroup_files.hpp"
#include "plan/properties.hpp"
#include "plan/property/values.hpp"
#include "plan/unit_name.hpp"
#include "plan/v1_limits.hpp"
#include "plan/watch.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kStopTimeoutUs = 5'000'000;

void add_size(const Settings &settings, Key key, const char *name, std::vector<ScopeProperty> &out)
{
    const auto size = settings.get<SizeSpec>(key);
    if (!size)
        return;
    if (size->kind == SizeSpec::Kind::permyriad)
        out.push_back({std::string(name) + "Scale", values::scale_from_permyriad(size->value)});
    else
        out.push_back({name, size->resolve(0).bytes()});
}

void add_weight(const Settings &settings, Key key, const char *name, std::vector<ScopeProperty> &out)
{
    if (const auto weight = settings.get<std::int64_t>(key))
        out.push_back({name, static_cast<std::uint64_t>(*weight)});
}

bool given(const std::vector<ScopeProperty> &properties, std::string_view name)
{
    return std::any_of(properties.begin(), properties.end(), [&](const ScopeProperty &p) { return p.name == name; });
}

std::string description_of(const Request &request)
{
    std::string words = request.tool == Tool::none ? "" : tool_name(request.tool);
    for (const std::string &word : request.arguments)
        words += (words.empty() ? "" : " ") + word;
    constexpr std::size_t kMaxDescription = 200;
    words = request.settings.text(Key::description, words);
    if (words.size() > kMaxDescription) {
        words.resize(kMaxDescription);
        while (!words.empty() && !is_utf8(words) && (words.back() & 0x80) != 0)
            words.pop_back(); // not in the middle of a character
    }
    // A manager drops the connection over a string that is not UTF-8; arguments may be any bytes.
    if (!is_utf8(words))
        std::replace_if(words.begin(), words.end(), [](char c) { return (c & 0x80) != 0; }, '?');
    return words;
}

/// The watcher, and where they are divided debugger and debuggee, have cgroups of their own below the scope. Only what
/// is handed on to them is asked for: with Delegate=yes a manager sets up every controller it knows for each session,
/// and the launch waits for that.
void add_delegation(int version, const WatchPlan &watch, std::vector<ScopeProperty> &out)
{
    std::vector<std::string> controllers;
    if (watch.division)
        controllers = version == 1 ? std::vector<std::string>{"memory"} : watch.division->enable;
    out.push_back({"DelegateControllers", std::move(controllers)});
}

/// What debugger verbs always send, unless `-p` says otherwise (docs/design.md).
void add_debugger_defaults(const Budget &budget, const Settings &settings, std::vector<ScopeProperty> &out)
{
    out.push_back({"ManagedOOMPreference", std::string("avoid")});
    out.push_back({"TimeoutStopUSec", kStopTimeoutUs});
    // MemoryMax does not bound swap: a swapped heap thrashes under the collector's marking.
    if (budget.scope_limit && budget.scope_limit->finite() && settings.find(Key::memory_swap_max) == nullptr)
        out.push_back({"MemorySwapMax", std::uint64_t{0}});
}

/// CPUQuota=: microseconds of CPU time per second.
void add_cpu_quota(const Settings &settings, std::vector<ScopeProperty> &out)
{
    if (const auto quota = settings.get<std::int64_t>(Key::cpu_quota))
        out.push_back({"CPUQuotaPerSecUSec", static_cast<std::uint64_t>(*quota) * 100});
}

void add_resources(const Settings &settings, std::vector<ScopeProperty> &out)
{
    add_size(settings, Key::memory_high, "MemoryHigh", out);
    add_size(settings, Key::memory_low, "MemoryLow", out);
    add_size(settings, Key::memory_min, "MemoryMin", out);
    add_size(settings, Key::memory_swap_max, "MemorySwapMax", out);
    add_weight(settings, Key::cpu_weight, "CPUWeight", out);
    add_cpu_quota(settings, out);
    add_weight(settings, Key::io_weight, "IOWeight", out);
    add_size(settings, Key::tasks_max, "TasksMax", out);
    if (const auto runtime = settings.get<std::chrono::microseconds>(Key::runtime_max))
        out.push_back({"RuntimeMaxUSec", *runtime == std::chrono::microseconds::max()
                                             ? Limit().bytes()
                                             : static_cast<std::uint64_t>(runtime->count())});
}

/// cpu.max (Documentation/admin-guide/cgroup-v2.rst): µs in each period of 100 ms. The kernel takes no fewer than 1000
/// µs and no period above a second, so small shares get longer periods, as with systemd, and 0.1 % is the smallest.
std::string cpu_max_text(std::int64_t permyriad)
{
    constexpr std::int64_t kSecondUs = 1'000'000, kPeriodUs = 100'000, kLeastUs = 1000;
    const std::int64_t us_a_second = permyriad * 100;
    const std::int64_t enough = (kLeastUs * kSecondUs + us_a_second - 1) / us_a_second;
    const std::int64_t period = std::clamp(enough, kPeriodUs, kSecondUs);
    return fmt::format("{} {}", std::max(us_a_second * period / kSecondUs, kLeastUs), period);
}

std::string controller_of(const CgroupWrite &write)
{
    return write.file.substr(0, write.file.find('.'));
}

bool has_word(const std::vector<std::string> &words, std::string_view word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Files of controllers that nobody has given us: without them the rest still is a session.
void leave_out_unavailable(const std::vector<std::string> &offered, CreateCgroup &out,
                           std::vector<std::string> &ignored)
{
    std::erase_if(out.writes, [&](const CgroupWrite &write) {
        if (!write.optional || has_word(offered, controller_of(write)))
            return false;
        ignored.push_back(fmt::format("{} = {} is left out: our own cgroup has no {} controller", write.file,
                                      write.value, controller_of(write)));
        return true;
    });
}

void plan_v2_writes(const Settings &settings, const Budget &budget, std::uint64_t total, bool no_swap,
                    CreateCgroup &out)
{
    const auto put = [&](CgroupFile file, std::string value, bool optional) {
        out.writes.push_back({file_name(file, 2), std::move(value), optional});
    };
    const auto add = [&](Key key, CgroupFile file) {
        if (const auto size = settings.get<SizeSpec>(key))
            put(file, control_text(size->resolve(total), 2), false);
    };
    add(Key::memory_min, CgroupFile::min);
    add(Key::memory_low, CgroupFile::low);
    add(Key::memory_high, CgroupFile::high);
    if (budget.scope_limit)
        put(CgroupFile::limit, control_text(*budget.scope_limit, 2), false);
    if (settings.find(Key::memory_swap_max) != nullptr)
        add(Key::memory_swap_max, CgroupFile::swap_limit);
    else if (no_swap)
        put(CgroupFile::swap_limit, "0", true);
    if (const auto tasks = settings.get<SizeSpec>(Key::tasks_max); tasks && tasks->kind != SizeSpec::Kind::permyriad)
        put(CgroupFile::tasks_limit, control_text(tasks->resolve(0), 2), true);
    if (const auto weight = settings.get<std::int64_t>(Key::cpu_weight)) // "idle" is 0; its file came with 5.15
        put(*weight > 0 ? CgroupFile::cpu_weight : CgroupFile::cpu_idle,
            std::to_string(std::max<std::int64_t>(*weight, 1)), true);
    if (const auto quota = settings.get<std::int64_t>(Key::cpu_quota))
        put(CgroupFile::cpu_limit, cpu_max_text(*quota), true);
    if (const auto weight = settings.get<std::int64_t>(Key::io_weight))
        put(CgroupFile::io_weight, fmt::format("default {}", *weight), true);
}

void enable_for_writes(CreateCgroup &out)
{
    for (const CgroupWrite &write : out.writes)
        if (std::string controller = controller_of(write); !has_word(out.enable, controller))
            out.enable.push_back(std::move(controller));
}

void plan_v1_writes(const Settings &settings, const Budget &budget, std::uint64_t total, bool no_swap,
                    CreateCgroup &out)
{
    if (!budget.scope_limit)
        return;
    // A fresh cgroup is unlimited, so the limit comes first: memsw below it would be EINVAL.
    out.writes.push_back({file_name(CgroupFile::limit, 1), control_text(*budget.scope_limit, 1), false});
    const auto swap = settings.get<SizeSpec>(Key::memory_swap_max);
    if (!budget.scope_limit->finite() || (!swap && !no_swap))
        return;
    const Limit extra = swap ? swap->resolve(total) : Limit(0);
    if (extra.finite())
        out.writes.push_back({file_name(CgroupFile::both_limit, 1),
                              std::to_string(budget.scope_limit->bytes() + extra.bytes()), !swap.has_value()});
}

/// What `-p` asks for as the value of the option that means the same; nothing: it asks for systemd's own default.
std::optional<Value> as_option(const ScopeProperty &wish, Key key, std::uint64_t total)
{
    if (key == Key::memory_high || key == Key::memory_low || key == Key::memory_min)
        return total == 0 ? std::nullopt
                          : std::optional(SizeSpec{SizeSpec::Kind::bytes, limit_of(wish, total).bytes()});
    const auto *number = std::get_if<std::uint64_t>(&wish.value);
    if (number == nullptr || *number == Limit().bytes())
        return std::nullopt;
    const std::uint64_t unit = key == Key::cpu_quota ? 100 : 1; // 100 µs a second are 0.01 %
    return static_cast<std::int64_t>(*number / unit);
}

/// A manager takes these as they are; a plain v2 cgroup has a file for each.
void absorb_for_files(std::uint64_t total, Settings &settings, std::vector<ScopeProperty> &wishes)
{
    constexpr std::pair<std::string_view, Key> kSame[] = {
        {"MemoryHighScale", Key::memory_high}, {"MemoryLowScale", Key::memory_low},
        {"MemoryMinScale", Key::memory_min},   {"CPUWeight", Key::cpu_weight},
        {"IOWeight", Key::io_weight},          {"CPUQuotaPerSecUSec", Key::cpu_quota}};
    std::erase_if(wishes, [&](const ScopeProperty &wish) {
        const auto *const row = std::ranges::find(kSame, wish.name, &std::pair<std::string_view, Key>::first);
        auto value = row == std::end(kSame) ? std::nullopt : as_option(wish, row->second, total);
        if (value)
            settings.set(row->second, {std::move(*value), {Layer::option, "-p " + wish.name}});
        return value.has_value();
    });
}

} // namespace

std::vector<ScopeProperty> resource_properties(const Settings &settings)
{
    std::vector<ScopeProperty> properties;
    add_size(settings, Key::memory_max, "MemoryMax", properties);
    add_resources(settings, properties);
    return properties;
}

Result<PropertyWishes> read_properties(const Request &request)
{
    PropertyWishes wishes;
    for (const std::string &assignment : request.settings.list(Key::property)) {
        auto effects = parse_property(assignment);
        if (!effects)
            return pass(effects);
        for (const PropertyEffect &effect : *effects)
            std::visit(Overloaded{
                           [&](const ScopeProperty &property) { wishes.scope.push_back(property); },
                           [&](const EnvChange &change) { wishes.environment.push_back(change); },
                           [&](const auto &action) { wishes.steps.push_back({action, "-p " + assignment}); },
                       },
                       effect);
    }
    return wishes;
}

Result<CreateScope> plan_scope(const Facts &facts, const Request &request, const Budget &budget,
                               const PropertyWishes &wishes, bool user_manager, const WatchPlan &watch)
{
    const Settings &settings = request.settings;
    const ManagerFacts &manager = user_manager ? facts.systemd.user : facts.systemd.system;
    CreateScope scope;
    scope.user_manager = user_manager;
    scope.socket = manager.socket.value_or("");
    scope.bus = manager.bus.value_or("");
    scope.memory_mount = facts.cgroup.memory.mount;
    if (facts.cgroup.layout == Layout::hybrid)
        scope.unified_mount = facts.cgroup.unified_mount;
    scope.division = watch.division;
    scope.may_stay_out = request.exact;
    scope.job_mode = settings.text(Key::job_mode, "fail");
    scope.ask_password = !user_manager && facts.host.uid != 0 && settings.get<bool>(Key::ask_password).value_or(true);
    auto unit = scope_unit(request);
    if (!unit)
        return pass(unit);
    scope.unit = std::move(*unit);
    auto slice = scope_slice(request, facts, user_manager);
    if (!slice)
        return pass(slice);

    std::vector<ScopeProperty> &out = scope.properties;
    out.push_back({"Description", description_of(request)});
    if (settings.flag(Key::collect))
        out.push_back({"CollectMode", std::string("inactive-or-failed")});
    if (request.tool != Tool::none || watch.watch)
        add_delegation(facts.cgroup.memory.version, watch, out);
    if (request.tool != Tool::none)
        add_debugger_defaults(budget, settings, out);
    if (!given(wishes.scope, "OOMPolicy"))
        out.push_back({"OOMPolicy", settings.text(Key::oom_policy, "continue")});
    if (budget.scope_limit)
        out.push_back({"MemoryMax", budget.scope_limit->bytes(), true, true});
    add_resources(settings, out);
    // `-p` wins over the option of the same meaning; systemd itself adds up lists given by several assignments.
    std::erase_if(out, [&](const ScopeProperty &p) {
        return given(wishes.scope, p.name == "DelegateControllers" ? "Delegate" : p.name);
    });
    for (ScopeProperty wish : wishes.scope) {
        wish.droppable = wish.droppable && !request.exact;
        wish.limit = wish.limit || (required(settings, "limit") && is_memory_limit(wish.name));
        out.push_back(std::move(wish));
    }
    if (settings.flag(Key::send_sighup))
        out.push_back({"SendSIGHUP", true});
    if (!slice->empty())
        out.push_back({"Slice", std::move(*slice)});
    return scope;
}

Result<CreateCgroup> plan_cgroup(const Facts &facts, const Request &request, const Budget &budget,
                                 const PropertyWishes &wishes, const WatchPlan &watch,
                                 std::vector<std::string> &ignored)
{
    auto unit = scope_unit(request);
    if (!unit)
        return pass(unit);
    Settings settings = request.settings;
    std::vector<ScopeProperty> left = wishes.scope;
    const CgroupFacts &cgroup = facts.cgroup;
    CreateCgroup out;
    out.version = cgroup.memory.version;
    out.parent = cgroup.memory.chain.back().dir;
    out.name = cgroup_name(request, session_of(*unit));
    out.division = watch.division;
    const bool no_swap = request.tool != Tool::none && budget.scope_limit && budget.scope_limit->finite();
    const std::uint64_t total = facts.memory.total_bytes.value_or(0);
    if (out.version == 2) {
        const auto &offered = cgroup.delegation.controllers;
        absorb_for_files(total, settings, left);
        plan_v2_writes(settings, budget, total, no_swap, out);
        leave_out_unavailable(offered, out, ignored);
        enable_for_writes(out);
        if (out.division)
            std::erase_if(out.division->enable, [&](const std::string &controller) {
                return controller != "memory" && std::find(offered.begin(), offered.end(), controller) == offered.end();
            });
        for (const std::string &controller : out.division ? out.division->enable : std::vector<std::string>{})
            if (std::find(out.enable.begin(), out.enable.end(), controller) == out.enable.end())
                out.enable.push_back(controller);
        std::erase_if(out.enable, [&](const std::string &controller) {
            const auto &on = cgroup.delegation.subtree_control;
            return std::find(on.begin(), on.end(), controller) != on.end();
        });
        out.vacate_parent = !out.enable.empty() && !cgroup.delegation.real_root;
    } else {
        plan_v1_writes(settings, budget, total, no_swap, out);
        // For pressure, which v1 lacks: only a watcher looks at it.
        if (watch.watch)
            out.unified_parent = cgroup.unified_dir;
    }
    const auto needs_systemd = [&](const std::string &setting) {
        ignored.push_back(fmt::format("{} needs systemd and is left out: this is a plain cgroup", setting));
    };
    for (const Key key :
         {Key::slice, Key::slice_inherit, Key::runtime_max, Key::oom_policy, Key::collect, Key::send_sighup})
        if (asked(settings, key))
            needs_systemd(origin_of(settings, key));
    constexpr std::pair<Key, CgroupFile> kFiles[] = {
        {Key::memory_high, CgroupFile::high},      {Key::memory_low, CgroupFile::low},
        {Key::memory_min, CgroupFile::min},        {Key::tasks_max, CgroupFile::tasks_limit},
        {Key::cpu_weight, CgroupFile::cpu_weight}, {Key::cpu_quota, CgroupFile::cpu_limit},
        {Key::io_weight, CgroupFile::io_weight}};
    for (const auto &[key, file] : kFiles)
        if (!has_file(file, out.version) && asked(settings, key))
            needs_systemd(origin_of(settings, key));
    for (const ScopeProperty &wish : left)
        needs_systemd("-p " + wish.name);
    return out;
}

} // namespace dbgscope
