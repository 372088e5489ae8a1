// SPDX-License-Identifier: Apache-2.0
#include "debugger/go_flags.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/core.h>

namespace dbgscope {
namespace {

/// Of any go command up to Go 1.26: one that has none of them still passes, and takes no notice of it.
constexpr std::string_view kGoFlags[] = {"C",
                                         "a",
                                         "all",
                                         "args",
                                         "artifacts",
                                         "asan",
                                         "asmflags",
                                         "bench",
                                         "benchmem",
                                         "benchtime",
                                         "blockprofile",
                                         "blockprofilerate",
                                         "buildmode",
                                         "buildvcs",
                                         "c",
                                         "cache",
                                         "changed",
                                         "cmd",
                                         "compat",
                                         "compiled",
                                         "compiler",
                                         "count",
                                         "cover",
                                         "covermode",
                                         "coverpkg",
                                         "coverprofile",
                                         "cpu",
                                         "cpuprofile",
                                         "debug-actiongraph",
                                         "debug-runtime-trace",
                                         "debug-trace",
                                         "deps",
                                         "diff",
                                         "dropexclude",
                                         "dropgodebug",
                                         "dropignore",
                                         "dropreplace",
                                         "droprequire",
                                         "dropretract",
                                         "droptool",
                                         "dropuse",
                                         "e",
                                         "exclude",
                                         "exec",
                                         "export",
                                         "f",
                                         "failfast",
                                         "find",
                                         "fix",
                                         "fmt",
                                         "fullpath",
                                         "fuzz",
                                         "fuzzcache",
                                         "fuzzminimizetime",
                                         "fuzztime",
                                         "gccgoflags",
                                         "gcflags",
                                         "go",
                                         "godebug",
                                         "h",
                                         "http",
                                         "i",
                                         "ignore",
                                         "insecure",
                                         "installsuffix",
                                         "json",
                                         "l",
                                         "ldflags",
                                         "linkshared",
                                         "list",
                                         "m",
                                         "memprofile",
                                         "memprofilerate",
                                         "mod",
                                         "modcache",
                                         "modcacherw",
                                         "modfile",
                                         "module",
                                         "msan",
                                         "mutexprofile",
                                         "mutexprofilefraction",
                                         "n",
                                         "o",
                                         "outputdir",
                                         "overlay",
                                         "p",
                                         "parallel",
                                         "pgo",
                                         "pkgdir",
                                         "print",
                                         "r",
                                         "race",
                                         "replace",
                                         "require",
                                         "retract",
                                         "retracted",
                                         "reuse",
                                         "run",
                                         "short",
                                         "shuffle",
                                         "skip",
                                         "src",
                                         "t",
                                         "tags",
                                         "test",
                                         "testcache",
                                         "testsum",
                                         "timeout",
                                         "tool",
                                         "toolchain",
                                         "toolexec",
                                         "trace",
                                         "trimpath",
                                         "u",
                                         "use",
                                         "v",
                                         "vendor",
                                         "versions",
                                         "vet",
                                         "vettool",
                                         "w",
                                         "work",
                                         "x"};

constexpr std::string_view kBlanks = " \t\n\r";
constexpr int kLastWithoutQuotes = 19;

/// strings.Fields: whatever the words are.
std::vector<std::string> split_blanks(std::string_view text)
{
    constexpr std::string_view kSpaces = " \t\n\v\f\r";
    std::vector<std::string> words;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
        if (text.empty())
            return words;
        const auto length = std::min(text.find_first_of(kSpaces), text.size());
        words.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
}

/// fmt.Sprintf's %q, of words that people write.
std::string in_quotes(std::string_view word)
{
    std::string out = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

/// Of the first of them that is no flag.
std::string error_in(const std::vector<std::string> &words)
{
    for (const std::string &word : words) {
        const auto dashes = word.find_first_not_of('-');
        if (dashes == std::string::npos || dashes == 0 || dashes > 2 || word[dashes] == '=')
            return "non-flag " + in_quotes(word);
        const std::string_view bare = std::string_view(word).substr(dashes);
        const std::string_view name = bare.substr(0, bare.find('='));
        if (std::ranges::find(kGoFlags, name) == std::end(kGoFlags))
            return fmt::format("unknown flag -{}", name);
    }
    return {};
}

/// "--ldflags=-s -w": {"ldflags", "-s -w"}. No name: it is no flag.
struct Flag {
    std::string_view name;
    std::optional<std::string_view> value;
};
Flag flag_of(std::string_view word)
{
    const auto dashes = std::min(word.find_first_not_of('-'), word.size());
    if (dashes == 0 || dashes > 2)
        return {};
    const std::string_view bare = word.substr(dashes);
    const auto equals = bare.find('=');
    if (equals == std::string_view::npos)
        return {.name = bare, .value = {}};
    return {.name = bare.substr(0, equals), .value = bare.substr(equals + 1)};
}

/// A boolean one that is there: "-s", "-s=true". What strconv.ParseBool takes for false.
bool is_on(const Flag &flag)
{
    constexpr std::string_view kFalse[] = {"0", "f", "F", "false", "FALSE", "False"};
    return !flag.value || std::ranges::find(kFalse, *flag.value) == std::end(kFalse);
}

/// Of the linker's own: "[PATTERN=]FLAGS", `go tool link -help`.
std::string stripping_flag(std::string_view linker_flags)
{
    constexpr std::string_view kWithValue[] = {
        "B",        "D", "E",       "H",     "I",     "L",          "R",
        "T",        "X", "buildid", "extar", "extld", "extldflags", "installsuffix",
        "linkmode", "o", "r",       "tmpdir"};
    linker_flags.remove_prefix(std::min(linker_flags.find_first_not_of(kBlanks), linker_flags.size()));
    if (!linker_flags.starts_with('-'))
        linker_flags.remove_prefix(std::min(linker_flags.find('=') + 1, linker_flags.size()));
    const auto words = split_quoted(linker_flags).value_or(std::vector<std::string>{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        const Flag flag = flag_of(words[i]);
        if ((flag.name == "s" || flag.name == "w") && is_on(flag))
            return "-" + std::string(flag.name);
        if (!flag.value && std::ranges::find(kWithValue, flag.name) != std::end(kWithValue))
            ++i; // the next word is its value
    }
    return {};
}

/// Of the compiler's own: "[PATTERN=]FLAGS", `go tool compile -help`.
bool leaves_out_dwarf(std::string_view compiler_flags)
{
    compiler_flags.remove_prefix(std::min(compiler_flags.find_first_not_of(kBlanks), compiler_flags.size()));
    if (!compiler_flags.starts_with('-'))
        compiler_flags.remove_prefix(std::min(compiler_flags.find('=') + 1, compiler_flags.size()));
    return std::ranges::any_of(split_quoted(compiler_flags).value_or(std::vector<std::string>{}),
                               [](const std::string &word) {
                                   const Flag flag = flag_of(word);
                                   return flag.name == "dwarf" && !is_on(flag);
                               });
}

} // namespace

std::expected<std::vector<std::string>, char> split_quoted(std::string_view text)
{
    std::vector<std::string> words;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
        if (text.empty())
            return words;
        const bool quoted = text.front() == '\'' || text.front() == '"';
        const auto end = quoted ? text.find(text.front(), 1) : std::min(text.find_first_of(kBlanks), text.size());
        if (end == std::string_view::npos)
            return std::unexpected(text.front());
        words.emplace_back(quoted ? text.substr(1, end - 1) : text.substr(0, end));
        text.remove_prefix(quoted ? end + 1 : end);
    }
}

bool goflags_take_quotes(std::optional<int> minor)
{
    return !minor || *minor > kLastWithoutQuotes;
}

GoFlags read_goflags(std::string_view value, std::optional<int> minor)
{
    auto words = goflags_take_quotes(minor) ? split_quoted(value) : split_blanks(value);
    if (!words)
        return {.words = {}, .error = fmt::format("unterminated {} string", words.error())};
    if (std::string error = error_in(*words); !error.empty())
        return {.words = {}, .error = std::move(error)};
    return {.words = std::move(*words), .error = {}};
}

BuildEffects build_effects(std::span<const std::string> words)
{
    BuildEffects effects;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const Flag flag = flag_of(words[i]);
        if (flag.name == "trimpath")
            effects.trims = is_on(flag); // the last one counts
        if (flag.name == "gcflags" && (flag.value || i + 1 < words.size()))
            effects.no_dwarf = effects.no_dwarf || leaves_out_dwarf(flag.value ? *flag.value : words[i + 1]);
        if (flag.name != "ldflags" || (!flag.value && i + 1 == words.size()))
            continue;
        const std::string_view value = flag.value ? *flag.value : std::string_view(words[i + 1]);
        std::string strips = stripping_flag(value);
        if (!strips.empty() || value.empty() || value.starts_with('-') || value.starts_with("all="))
            effects.strips = std::move(strips); // the last one counts, of those for the same packages
    }
    return effects;
}

} // namespace dbgscope
