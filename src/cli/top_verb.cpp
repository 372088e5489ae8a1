// SPDX-License-Identifier: Apache-2.0
#include "cli/top_verb.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/core.h>

#include "cli/own_verbs.hpp"
#include "cli/top_actions.hpp"
#include "cli/top_sample.hpp"
#include "cli/top_terminal.hpp"
#include "cli/verbs.hpp"
#include "render/top_text.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Inside = TopSampler::Inside;

constexpr auto kEvery = 1s;
constexpr auto kGlance = 500ms; ///< from the first sample to the second under --once: growth needs two
constexpr int kSignalled = 128;

Result<int> stream(TopSampler &sampler, bool once)
{
    for (auto next = Clock::now();;
         next = std::max(next + kEvery, Clock::now())) { // until Ctrl-C, or nobody reads any more
        std::this_thread::sleep_until(next);
        if (auto sampled = sampler.sample(Inside::all); !sampled)
            return pass(sampled);
        if (auto printed = print(top_json(sampler.view()) + '\n'); !printed)
            return pass(printed);
        if (once || sampler.over())
            return 0;
    }
}

Result<int> glance(TopSampler &sampler)
{
    if (auto sampled = sampler.sample(Inside::none); !sampled)
        return pass(sampled);
    std::this_thread::sleep_for(kGlance);
    if (auto sampled = sampler.sample(Inside::chosen); !sampled)
        return pass(sampled);
    const TerminalSize size = terminal_size();
    std::string text;
    for (const TopLine &line : top_lines(
             sampler.view(),
             {.chosen = sampler.chosen(), .message = {}, .width = size.width, .height = size.height, .keys = false}))
        text += line.text + '\n';
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

/// What the key did, for the line above the keys.
std::string obey(TopKey key, TopSampler &sampler)
{
    if (key == TopKey::up || key == TopKey::down) {
        sampler.choose(key == TopKey::up ? -1 : 1);
        return "";
    }
    const LiveSession *session = sampler.chosen_session();
    if (session == nullptr)
        return sampler.view().sessions.empty() ? "no session is running" : "it has ended";
    const auto done = [&]() -> Result<std::string> {
        switch (key) {
        case TopKey::hold: return hold(*session);
        case TopKey::go_on: return go_on(*session);
        case TopKey::more: return give_more(*session);
        case TopKey::snapshot: return snapshot_here(*session);
        case TopKey::up:
        case TopKey::down:
        case TopKey::quit: break;
        }
        return "";
    }();
    return done ? *done : to_line(done.error());
}

/// Until q, a signal or the end of the terminal; the exit status.
Result<int> live_view(TopSampler &sampler, TopTerminal &terminal)
{
    std::string message;
    auto next = Clock::now();
    for (Inside inside = Inside::none;; inside = Inside::chosen) { // the first screen waits for nothing
        if (Clock::now() >= next) {
            if (auto sampled = sampler.sample(inside); !sampled)
                return pass(sampled);
            next = inside == Inside::none ? Clock::now() : Clock::now() + kEvery;
        }
        const TerminalSize size = terminal_size();
        const auto lines =
            top_lines(sampler.view(),
                      {.chosen = sampler.chosen(), .message = message, .width = size.width, .height = size.height});
        if (auto shown = terminal.show(lines); !shown)
            return pass(shown);
        const auto patience = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
        const auto event = terminal.wait(std::max(patience, 0ms));
        if (!event)
            return fail(event.error());
        if (event->kind == TopEvent::Kind::signal)
            return kSignalled + event->signal;
        if (event->kind == TopEvent::Kind::closed)
            return 0;
        if (event->kind != TopEvent::Kind::key)
            continue;
        if (event->key == TopKey::quit)
            return 0;
        message = obey(event->key, sampler);
        next = Clock::now(); // show what it did
    }
}

} // namespace

void declare_top(CLI::App &app)
{
    add_value(app, "ID", "ID", "the session to watch; without, all of them");
    add_flag(app, "--json", "Print one object a second, one on a line; needs no terminal");
    add_flag(app, "--once", "Print one screen as text, or with --json one object, and end");
}

Result<int> top_verb(const CLI::App &parsed, const Invocation &invocation)
{
    auto sampler = TopSampler::open(option_value(parsed, "ID"));
    if (!sampler)
        return pass(sampler);
    const bool once = is_given(parsed, "--once");
    if (is_given(parsed, "--json"))
        return stream(*sampler, once);
    if (once)
        return glance(*sampler);
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
        return fail({.kind = ErrorKind::usage,
                     .operation = "show",
                     .subject = "the sessions",
                     .cause = "this is no terminal",
                     .hint = "--json or --once needs none"});
    const std::string_view term = variable(invocation, "TERM");
    TopTerminal terminal(term.empty() || term == "dumb", variable(invocation, "NO_COLOR").empty());
    if (auto entered = terminal.enter(); !entered)
        return pass(entered);
    return live_view(*sampler, terminal);
}

} // namespace dbgscope
