// SPDX-License-Identifier: Apache-2.0
#include "tools/report/drift.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/core.h>

#include "dbgscope/time_span.hpp"
#include "dbgscope/utf8.hpp"
#include "text/json.hpp"

namespace dbgscope {
namespace {

constexpr double kToDeviation = 1.4826; ///< of a normal distribution: median absolute deviation → standard deviation
constexpr double kUsual = 3;            ///< spreads

/// What is compared.
struct Figure {
    const char *what, *unit;
    double least; ///< a difference up to this is none
    std::optional<double> (*of)(const PastSession &session);
};
constexpr std::array kFigures{
    Figure{"peak", "bytes", 8.0 * kMiB,
           [](const PastSession &session) {
               const auto peak = static_cast<double>(session.record.debuggee_peak_bytes);
               return peak > 0 ? std::optional(peak) : std::nullopt;
           }},
    Figure{"growth", "bytes/s", 1.0 * kMiB, [](const PastSession &session) { return session.growth_bytes_per_s; }},
    Figure{"first hold", "s", 0.5, [](const PastSession &session) { return session.first_trip_s; }},
    Figure{"launch", "s", 1, [](const PastSession &session) { return session.launch_s; }},
    Figure{"GC share", "%", 1, [](const PastSession &session) { return session.gc_cpu_percent; }},
    Figure{"GC pauses", "%", 1, [](const PastSession &session) { return session.gc_pause_percent; }},
    Figure{"pause p99", "ms", 1, [](const PastSession &session) { return session.gc_pause_p99_ms; }},
};

std::optional<Drift> compare(const Figure &figure, const PastSession &last,
                             const std::vector<const PastSession *> &before, double beyond)
{
    const auto now = figure.of(last);
    std::vector<double> values;
    for (const PastSession *session : before)
        if (const auto value = figure.of(*session))
            values.push_back(*value);
    if (!now || values.size() < kFewestSessions)
        return std::nullopt;
    Drift drift{.what = figure.what, .unit = figure.unit, .now = *now, .sessions = values.size()};
    drift.median = *median_of(values);
    for (double &value : values)
        value = std::abs(value - drift.median);
    drift.spread = kToDeviation * *median_of(std::move(values));
    const double distance = std::abs(drift.now - drift.median);
    drift.drifted = distance > beyond * drift.median && distance > kUsual * drift.spread && distance > figure.least;
    return drift;
}

std::string amount(double value, const std::string &unit)
{
    if (unit == "s")
        return fmt::format("{:.1f}s", value);
    if (unit == "ms")
        return fmt::format("{:.2f}ms", value);
    if (unit == "%")
        return fmt::format("{:.2f} %", value);
    return format_bytes(static_cast<std::uint64_t>(std::max(value, 0.0))) + (unit == "bytes/s" ? "/s" : "");
}

std::string figure_text(const Drift &drift)
{
    const std::string change =
        std::isfinite(drift.change()) ? fmt::format("{:+.0f} %", drift.change() * 100) : "from nothing";
    return fmt::format("  {:<11} {:>10}  was {:>10} (+-{}, {} sessions)  {}{}\n", drift.what,
                       amount(drift.now, drift.unit), amount(drift.median, drift.unit),
                       amount(drift.spread, drift.unit), drift.sessions, change, drift.drifted ? "  DRIFTED" : "");
}

} // namespace

double Drift::change() const
{
    if (median != 0)
        return (now - median) / median;
    return now == 0 ? 0 : std::numeric_limits<double>::infinity();
}

bool ProgramDrift::drifted() const
{
    return std::ranges::any_of(figures, &Drift::drifted);
}

std::optional<double> median_of(std::vector<double> values)
{
    if (values.empty())
        return std::nullopt;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::vector<ProgramDrift> drift_of(const std::vector<PastSession> &sessions, const DriftRules &rules)
{
    std::map<std::string, std::vector<const PastSession *>> programs;
    for (const PastSession &session : sessions)
        programs[session.program].push_back(&session);
    std::vector<ProgramDrift> out;
    for (auto &[program, all] : programs) {
        const PastSession &last = *all.back();
        all.pop_back();
        std::erase_if(all, [&](const PastSession *session) {
            return session->record.started_unix_s < last.record.started_unix_s - rules.window_s;
        });
        ProgramDrift drift{.program = program, .session = last.record.id, .sessions = all.size(), .figures = {}};
        for (const Figure &figure : kFigures)
            if (auto compared = compare(figure, last, all, rules.beyond))
                drift.figures.push_back(std::move(*compared));
        out.push_back(std::move(drift));
    }
    return out;
}

std::string drift_line(const ProgramDrift &program)
{
    std::string text;
    for (const Drift &figure : program.figures)
        if (figure.drifted)
            text +=
                fmt::format("{}{} {} instead of {}{}", text.empty() ? "" : ", ", figure.what,
                            amount(figure.now, figure.unit), amount(figure.median, figure.unit),
                            std::isfinite(figure.change()) ? fmt::format(" ({:+.0f} %)", figure.change() * 100) : "");
    return fmt::format("unlike the {} sessions before: {} of {}; dbgscope history --drift shows all", program.sessions,
                       text, printable(program.program));
}

std::string drift_text(const std::vector<ProgramDrift> &programs, const DriftRules &rules)
{
    if (programs.empty())
        return "No session to compare.\n";
    std::string text;
    std::size_t drifted = 0, few = 0;
    for (const ProgramDrift &program : programs) {
        if (program.figures.empty()) {
            ++few;
            continue;
        }
        text += fmt::format("{}: last session {}\n", printable(program.program), printable(program.session));
        for (const Drift &figure : program.figures)
            text += figure_text(figure);
        drifted += program.drifted() ? 1 : 0;
    }
    text += fmt::format("{} of {} programs drifted beyond {:g} % of the {} before", drifted, programs.size(),
                        rules.beyond * 100, format_time_span(std::chrono::seconds(rules.window_s)));
    if (few > 0)
        text += fmt::format("; {} {} fewer than {} sessions there, too few to tell", few, few == 1 ? "has" : "have",
                            kFewestSessions);
    return text + ".\n";
}

std::string drift_json(const std::vector<ProgramDrift> &programs, const DriftRules &rules)
{
    Json list = Json::array();
    for (const ProgramDrift &program : programs) {
        Json figures = Json::array();
        for (const Drift &figure : program.figures)
            figures.push_back({{"what", figure.what},
                               {"unit", figure.unit},
                               {"now", figure.now},
                               {"median", figure.median},
                               {"spread", figure.spread},
                               {"sessions", figure.sessions},
                               {"change", figure.change()},
                               {"drifted", figure.drifted}});
        list.push_back({{"program", printable(program.program)},
                        {"session", printable(program.session)},
                        {"sessions_before", program.sessions},
                        {"drifted", program.drifted()},
                        {"figures", std::move(figures)}});
    }
    Json out{{"schema", 1}, {"beyond", rules.beyond}, {"window_s", rules.window_s}, {"programs", std::move(list)}};
    return out.dump({.ascii = true}) + '\n';
}

} // namespace dbgscope
