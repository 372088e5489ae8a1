// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/verbs.hpp"
#include "launch/unit_properties.hpp"
#include "plan/backend.hpp"
#include "plan/budget.hpp"
#include "plan/scope.hpp"
#include "probe/probe.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kForm = "dbgscope set UNIT.slice|UNIT.scope KEY=VALUE..., like debug.slice memory.max=4G";

/// "memory.max=4G" into a setting; only what can change while the unit lives.
Result<void> read_assignment(const std::string &word, Settings &settings)
{
    const auto equals = word.find('=');
    const KeyInfo *info = find_key(word.substr(0, equals));
    constexpr Key kLive[] = {Key::memory_max, Key::memory_high, Key::memory_low, Key::memory_min, Key::memory_swap_max,
                             Key::cpu_weight, Key::cpu_quota,   Key::io_weight,  Key::tasks_max};
    bool live = false;
    std::vector<std::string> names;
    for (const Key key : kLive) {
        live = live || (info != nullptr && info->key == key);
        names.emplace_back(key_info(key).name);
    }
    if (equals == std::string::npos || !live) {
        const std::string near = suggest(word.substr(0, equals), names);
        return fail(
            {.kind = ErrorKind::usage,
             .operation = "set",
             .subject = fmt::format("\"{}\"", word),
             .cause = equals == std::string::npos ? "no value given" : "this cannot be changed on a living unit",
             .hint = near.empty() ? std::string(kForm) : fmt::format("did you mean {}=?", near)});
    }
    auto value = parse_value(*info, std::string_view(word).substr(equals + 1));
    if (!value)
        return pass(value);
    const auto *size = std::get_if<SizeSpec>(&*value);
    const bool memory_max = info->key == Key::memory_max && size != nullptr && size->kind == SizeSpec::Kind::bytes;
    if (memory_max && size->value < kSmallestCapBytes)
        return fail({.kind = ErrorKind::limit,
                     .operation = "set",
                     .subject = word,
                     .cause = fmt::format("below {} nothing in the unit could run", format_bytes(kSmallestCapBytes)),
                     .hint = "infinity takes the limit away"});
    settings.set(info->key, {std::move(*value), {Layer::option, word}});
    return {};
}

} // namespace

Result<int> set_verb(ParsedOptions options, const Invocation &)
{
    const std::vector<std::string> &words = options.rest;
    if (words.size() < 2)
        return fail({.kind = ErrorKind::usage,
                     .operation = "set",
                     .subject = "a limit",
                     .cause = "too few words",
                     .hint = std::string(kForm)});
    const std::string &unit = words.front();
    if (!unit.ends_with(".slice") && !unit.ends_with(".scope"))
        return fail({.kind = ErrorKind::usage,
                     .operation = "set",
                     .subject = unit,
                     .cause = "neither a .slice nor a .scope",
                     .hint = std::string(kForm)});
    Settings limits;
    for (std::size_t i = 1; i < words.size(); ++i)
        if (auto read = read_assignment(words[i], limits); !read)
            return pass(read);

    const Facts facts = probe(real_root(), Need::systemd | Need::host, options.settings.list(Key::assume));
    const BackendChoice choice = choose_backend(facts, options.settings);
    const Backend backend = choice.usable.front().backend;
    if (backend != Backend::systemd_system && backend != Backend::systemd_user)
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "set limits of",
                     .subject = unit,
                     .cause = choice.gaps.empty() ? "no systemd manager can be used" : choice.gaps.front().why,
                     .hint = "--user or --system chooses the manager"});
    const bool user = backend == Backend::systemd_user;
    const ManagerFacts &manager = user ? facts.systemd.user : facts.systemd.system;
    const ManagerAddress address{user, manager.socket.value_or(""), manager.bus.value_or(""),
                                 !user && facts.host.uid != 0};
    if (auto set = set_unit_properties(address, unit, resource_properties(limits), true); !set)
        return pass(set);
    return 0;
}

} // namespace dbgscope
