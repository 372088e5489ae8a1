// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "tools/doctor/go_settings.hpp"

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

/// cmd/internal/quoted: only a quote at the start of a word holds it together; one inside it is itself.
std::vector<std::string> go_words(std::string_view text)
{
    std::vector<std::string> words;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\n\r"), text.size()));
        if (text.empty())
            return words;
        const bool quoted = text.front() == '\'' || text.front() == '"';
        const auto end = quoted ? text.find(text.front(), 1) : text.find_first_of(" \t\n\r");
        const bool whole = !quoted || end != std::string_view::npos; // without an end the quote is itself
        const auto length = whole ? std::min(end, text.size()) : std::min(text.find_first_of(" \t\n\r"), text.size());
        words.emplace_back(quoted && whole ? text.substr(1, length - 1) : text.substr(0, length));
        text.remove_prefix(std::min(length + (quoted && whole ? 1 : 0), text.size()));
    }
}

} // namespace

/// cmd/go/internal/base/goflags.go, InitGOFLAGS.
std::string goflags_error(std::string_view value)
{
    for (const std::string &word : go_words(value)) {
        const auto dashes = word.find_first_not_of('-');
        if (dashes == std::string::npos || dashes == 0 || dashes > 2 || word[dashes] == '=')
            return fmt::format("non-flag \"{}\"", word);
        const std::string_view bare = std::string_view(word).substr(dashes);
        const std::string_view name = bare.substr(0, bare.find('='));
        if (std::ranges::find(kGoFlags, name) == std::end(kGoFlags))
            return fmt::format("unknown flag -{}", name);
    }
    return {};
}

} // namespace dbgscope
