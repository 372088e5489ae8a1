// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "cli/change_cap.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "launch/unit_properties.hpp"
#include "plan/backend.hpp"
#include "plan/budget.hpp"
#include "plan/scope.hpp"
#include "probe/probe.hpp"
#include "profile/key_names.hpp"
#include "session/usage.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kForm =
    "dbgscope set [ID] memory.max=SIZE, or UNIT.slice|UNIT.scope KEY=VALUE..., like debug.slice memory.max=4G";

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
    if (info->key == Key::memory_max && size != nullptr && size->kind == SizeSpec::Kind::bytes)
        if (auto large = check_smallest(word, size->value); !large)
            return large;
    settings.set(info->key, {std::move(*value), {Layer::option, word}});
    return {};
}

Result<int> set_unit(const std::string &unit, const Settings &limits, const ParsedOptions &options)
{
    const Facts facts = probe(real_root(), Need::systemd | Need::host, options.settings.list(Key::assume));
    const BackendChoice choice = choose_backend(facts, options.settings);
    const Backend backend = choice.usable.front().backend;
    if (backend != Backend::systemd_system && backend != Backend::systemd_user)
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "set limits of",
                     .subject = unit,
                     .cause = choice.gaps.empty() ? "no systemd manager can be used" : choice.gaps.front().why,
                     .hint = "--user or --system chooses the manager"});
    const ManagerAddress address = address_of(facts, backend == Backend::systemd_user);
    if (auto set = set_unit_properties(address, unit, resource_properties(limits), true); !set)
        return pass(set);
    return 0;
}

/// The cap a session is to have: nothing else of it can change while it lives.
Result<Limit> wanted_cap(const std::string &id, const Settings &limits, const Facts &facts)
{
    for (const KeyInfo &info : key_table())
        if (info.key != Key::memory_max && limits.find(info.key) != nullptr)
            return fail({.kind = ErrorKind::usage,
                         .operation = "set",
                         .subject = fmt::format("{} of session {}", info.name, id),
                         .cause = "of a session only memory.max can be changed",
                         .hint = fmt::format("under systemd dbgscope set {}.scope {}=... changes it for all of the "
                                             "session, debugger included",
                                             id, info.name)});
    const SizeSpec size = limits.get<SizeSpec>(Key::memory_max).value_or(SizeSpec{});
    const std::string word = limits.find(Key::memory_max)->origin.where;
    if (size.kind == SizeSpec::Kind::permyriad && !facts.memory.total_bytes)
        return fail({.operation = "set",
                     .subject = word,
                     .cause = "a percentage of an unknown amount: " + facts.memory.total_bytes.detail()});
    const Limit cap = size.resolve(facts.memory.total_bytes.value_or(0));
    if (auto large = check_smallest(word, cap.bytes()); !large)
        return pass(large);
    return cap;
}

/// `word` empty: no session was named.
Result<int> set_session(const std::string &word, const Settings &limits, const ParsedOptions &options)
{
    const auto live = live_sessions();
    if (!live)
        return fail(live.error());
    auto session = word.empty() ? only_session(live->sessions, kForm) : choose_session(live->sessions, word);
    if (!session) {
        if (!word.empty() && session.error().kind == ErrorKind::not_found) {
            session.error().cause += ", and it is neither a .slice nor a .scope";
            if (session.error().hint.empty())
                session.error().hint = kForm;
        }
        return pass(session);
    }
    const Facts facts =
        probe(real_root(), Need::memory | Need::systemd | Need::host, options.settings.list(Key::assume));
    const auto cap = wanted_cap(session->record.id, limits, facts);
    if (!cap)
        return fail(cap.error());
    return say_change(change_cap(*session, read_usage(session->record), *cap, facts),
                      options.settings.flag(Key::quiet));
}

} // namespace

Result<int> set_verb(ParsedOptions options, const Invocation &)
{
    std::vector<std::string> words = options.rest;
    if (!words.empty() && words.front().find('=') != std::string::npos)
        words.insert(words.begin(), ""); // of the only session
    if (words.size() < 2)
        return fail({.kind = ErrorKind::usage,
                     .operation = "set",
                     .subject = "a limit",
                     .cause = "too few words",
                     .hint = std::string(kForm)});
    Settings limits;
    for (std::size_t i = 1; i < words.size(); ++i)
        if (auto read = read_assignment(words[i], limits); !read)
            return pass(read);
    const std::string &name = words.front();
    if (name.ends_with(".slice") || name.ends_with(".scope"))
        return set_unit(name, limits, options);
    return set_session(name, limits, options);
}

} // namespace dbgscope
