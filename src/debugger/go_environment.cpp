// SPDX-License-Identifier: Apache-2.0
#include "debugger/go_environment.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace dbgscope {
namespace {

constexpr int kNever = std::numeric_limits<int>::max();

/// Holds for Go 1.`from` up to, not including, 1.`below`.
struct GodebugRule {
    std::string_view key, value; ///< value empty: any
    int from, below;
    GodebugVerdict verdict;
    std::string_view reason;
};

using enum GodebugVerdict;

constexpr std::string_view kRemoved = "a removed setting with its old value ends every Go program from 1.27 on";

constexpr auto kRules = std::to_array<GodebugRule>({
    {"gcstoptheworld", "0", 0, kNever, dead, "0 is the default: the collector is concurrent"},
    {"gcstoptheworld", "1", 0, kNever, harmful, "marks with the world stopped: about twice the collector's CPU time"},
    {"gcstoptheworld", "2", 18, 22, fatal, "ends Go 1.18 to 1.21 with \"failed to set sweep barrier\""},
    {"gcstoptheworld", "2", 22, kNever, harmful, "marks and sweeps with the world stopped"},
    {"memstats", "", 0, kNever, dead, "no Go version has this key"},
    {"madvdontneed", "1", 16, kNever, dead, "the default from Go 1.16 on"},
    {"madvdontneed", "0", 16, kNever, harmful, "freed memory stays charged to the cgroup"},
    {"cgocheck", "2", 21, kNever, fatal,
     "not supported at run time from Go 1.21 on; build with GOEXPERIMENT=cgocheck2"},
    {"sbrk", "1", 0, kNever, harmful, "nothing is ever freed: sure to reach a memory limit"},
    {"efence", "1", 0, kNever, harmful, "no address is used twice: sure to reach a memory limit"},
    {"gcshrinkstackoff", "1", 0, kNever, harmful, "stacks only grow: more memory"},
    {"gccheckmark", "1", 0, kNever, harmful, "marks a second time with the world stopped"},
    {"checkfinalizers", "1", 25, kNever, harmful, "further stop-the-world collections, and it may end the program"},
    {"asynctimerchan", "1", 27, kNever, fatal, kRemoved},
    {"asynctimerchan", "2", 27, kNever, fatal, kRemoved},
    {"gotypesalias", "0", 27, kNever, fatal, kRemoved},
    {"tls10server", "1", 27, kNever, fatal, kRemoved},
    {"tls3des", "1", 27, kNever, fatal, kRemoved},
    {"tlskyber", "0", 27, kNever, fatal, kRemoved},
    {"tlsrsakex", "1", 27, kNever, fatal, kRemoved},
    {"tlsunsafeekm", "1", 27, kNever, fatal, kRemoved},
    {"x509keypairleaf", "0", 27, kNever, fatal, kRemoved},
    {"x509sha1", "1", 27, kNever, fatal, kRemoved},
});

/// Keys of the runtime itself that not every version from 1.18 on knows: read by 1.`from` up to, not
/// including, 1.`below`.
struct RuntimeKey {
    std::string_view key;
    int from, below;
};
constexpr auto kRuntimeKeys = std::to_array<RuntimeKey>({
    {"adaptivestackstart", 19, kNever},
    {"allocfreetrace", 0, 23},
    {"checkfinalizers", 25, kNever},
    {"containermaxprocs", 25, kNever},
    {"dataindependenttiming", 24, kNever},
    {"decoratemappings", 25, kNever},
    {"disablethp", 21, kNever},
    {"dontfreezetheworld", 21, kNever},
    {"profstackdepth", 23, kNever},
    {"runtimecontentionstacks", 22, 26},
    {"traceadvanceperiod", 22, kNever},
    {"tracebacklabels", 26, kNever},
    {"tracecheckstackownership", 23, kNever},
    {"tracefpunwindoff", 21, kNever},
    {"updatemaxprocs", 25, kNever},
});

struct Setting {
    std::string_view key, value;
    bool has_value;
};

/// "gctrace=1,madvdontneed=0": empty pieces are skipped as Go skips them; the last setting of a key stays.
std::vector<Setting> split_settings(std::string_view text)
{
    std::vector<Setting> settings;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view piece = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (piece.empty())
            continue;
        const std::size_t equals = piece.find('=');
        const bool has_value = equals != std::string_view::npos;
        const Setting setting{piece.substr(0, equals), has_value ? piece.substr(equals + 1) : std::string_view{},
                              has_value};
        // A piece without "=" is skipped by Go, so it overrides nothing.
        std::erase_if(settings,
                      [&](const Setting &old) { return has_value && old.has_value && old.key == setting.key; });
        settings.push_back(setting);
    }
    return settings;
}

bool holds(std::optional<int> minor, int from, int below)
{
    if (!minor)
        return from == 0 && below == kNever;
    return *minor >= from && *minor < below;
}

/// A run of digits; nothing when there is none, or it does not fit.
template <class T> std::optional<T> read_number(std::string_view digits)
{
    T value{};
    const char *end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

void judge_setting(const Setting &setting, std::optional<int> minor, std::vector<GodebugFinding> &findings)
{
    const auto add = [&](GodebugVerdict verdict, std::string reason) {
        findings.push_back({std::string(setting.key), std::string(setting.value), verdict, std::move(reason)});
    };
    if (!setting.has_value)
        return add(dead, "no value: a setting is NAME=VALUE");
    for (const GodebugRule &rule : kRules)
        if (rule.key == setting.key && (rule.value.empty() || rule.value == setting.value) &&
            holds(minor, rule.from, rule.below))
            return add(rule.verdict, std::string(rule.reason));
    if (!minor)
        return;
    for (const RuntimeKey &known : kRuntimeKeys) {
        if (known.key != setting.key)
            continue;
        if (*minor < known.from)
            add(dead, fmt::format("Go has it from 1.{} on", known.from));
        else if (*minor >= known.below)
            add(dead, fmt::format("removed in Go 1.{}", known.below));
    }
}

} // namespace

std::optional<int> go_minor_version(std::string_view version)
{
    if (version.starts_with("devel "))
        version.remove_prefix(6);
    if (!version.starts_with("go1"))
        return std::nullopt;
    version.remove_prefix(3);
    if (version.empty())
        return 0;
    if (version[0] != '.')
        return std::nullopt;
    version.remove_prefix(1);
    return read_number<int>(version.substr(0, std::min(version.find_first_not_of("0123456789"), version.size())));
}

std::vector<GodebugFinding> judge_godebug(std::string_view godebug, std::optional<int> minor)
{
    std::vector<GodebugFinding> findings;
    for (const Setting &setting : split_settings(godebug))
        judge_setting(setting, minor, findings);
    return findings;
}

std::string append_godebug(std::string_view users_own, const std::vector<std::string> &settings)
{
    std::string out(users_own);
    for (const std::string &setting : settings) {
        if (!out.empty() && !out.ends_with(','))
            out += ',';
        out += setting;
    }
    return out;
}

// runtime.parseByteCount: "1048576", "1048576B", "1024KiB"; a leading '-' is read and refused unless the number is 0.
std::optional<Limit> parse_gomemlimit(std::string_view text)
{
    if (text.empty() || text == "off")
        return Limit();
    int shift = 0;
    if (text.ends_with('B')) {
        text.remove_suffix(1);
        if (text.ends_with('i')) {
            constexpr std::string_view kUnits = "KMGT";
            const std::size_t unit = text.size() < 2 ? std::string_view::npos : kUnits.find(text[text.size() - 2]);
            if (unit == std::string_view::npos)
                return std::nullopt;
            shift = 10 * (static_cast<int>(unit) + 1);
            text.remove_suffix(2);
        }
    }
    const std::optional<std::int64_t> number = read_number<std::int64_t>(text);
    if (!number || *number < 0 || *number > (std::numeric_limits<std::int64_t>::max() >> shift))
        return std::nullopt;
    return Limit(static_cast<std::uint64_t>(*number) << shift);
}

std::optional<std::uint64_t> gomemlimit_for(Limit cap, bool builds)
{
    if (!cap.finite() || cap.bytes() < (builds ? 256 : 64) * kMiB)
        return std::nullopt;
    return cap.bytes() - std::max(cap.bytes() / 10, 16 * kMiB);
}

} // namespace dbgscope
