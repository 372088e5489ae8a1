// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/pattern_kinds.hpp"

#include <algorithm>

#include "tools/explain/go_checks.hpp"

namespace dbgscope {
namespace {

// Ports people give debuggers: dlv's and gdbserver's manuals, nvim-dap, vscode-go and GoLand.
constexpr std::string_view kDebuggerPorts[] = {":1234", ":2345", ":4040", ":4711", ":38697", ":40000"};
// Services that programs connect to.
constexpr std::string_view kServicePorts[] = {":22",   ":25",   ":53",   ":80",   ":443",   ":1433",  ":2181", ":2379",
                                              ":3000", ":3306", ":4222", ":4317", ":4318",  ":5000",  ":5432", ":5672",
                                              ":6379", ":6443", ":8000", ":8080", ":8200",  ":8443",  ":8500", ":9000",
                                              ":9092", ":9090", ":9200", ":9411", ":11211", ":26257", ":27017"};
// What rules of their own are about.
constexpr std::string_view kKnownGo[] = {"cgocheck > 1",
                                         "malformed GOMEMLIMIT",
                                         "removed GODEBUG",
                                         "all goroutines are asleep",
                                         "no goroutines (",
                                         "concurrent map ",
                                         "stack overflow",
                                         "thread exhaustion",
                                         "fault",
                                         "found bad pointer in Go heap",
                                         "found pointer to free object",
                                         "invalid pointer found on stack",
                                         "unexpected signal during runtime execution",
                                         "bad sweepgen",
                                         "workbuf is",
                                         "s.allocCount",
                                         "unknown pc",
                                         "sync: ",
                                         "newosproc",
                                         "failed to reserve page summary",
                                         "runtime: cannot map pages",
                                         "runtime: cannot reserve arena",
                                         "runtime: cannot remap pages",
                                         "pageAlloc: out of memory",
                                         "memory reservation exceeds",
                                         "out of memory",
                                         "runtime: out of memory",
                                         "runtime: cannot allocate memory"};

/// "bad g status"
bool go_check(std::string_view value)
{
    return begins_as_go_check(value) &&
           std::ranges::none_of(kKnownGo, [value](std::string_view with) { return value.starts_with(with); });
}

// strsignal(SIGKILL) in glibc's translations, and older ones: de, fr, es, it, pt, ru, uk, pl, cs, nl, sv, tr, zh, ja,
// ko.
constexpr std::string_view kKilled[] = {"Getötet",
                                        "Processus arrêté",
                                        "Tué",
                                        "(killed)",
                                        "Ucciso",
                                        "Morto",
                                        "Убито",
                                        "Убит",
                                        "Вбито",
                                        "Zabity",
                                        "Unicestwiony",
                                        "Zabit",
                                        "Gedood",
                                        "Geëlimineerd",
                                        "Dödad",
                                        "Öldürüldü",
                                        "Süreç durduruldu",
                                        "已杀死",
                                        "已殺死",
                                        "已砍掉",
                                        "殺",
                                        "強制終了",
                                        "죽었음",
                                        "강제 종료"};
constexpr std::string_view kSourceEnds[] = {".go", ".s", ".S", ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".rs"};

bool digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "main.go" or "main.go:12"
bool source_place(std::string_view value)
{
    if (const auto colon = value.rfind(':'); colon != std::string_view::npos && digits(value.substr(colon + 1)))
        value = value.substr(0, colon);
    return std::ranges::any_of(kSourceEnds, [value](std::string_view end) { return value.ends_with(end); });
}

} // namespace

bool fits_kind(char kind, std::string_view value)
{
    if (value.empty() || value.size() > kMaxCapture)
        return false;
    const auto port = [value](std::string_view end) { return value.ends_with(end); };
    const bool word = value.find_first_of(" \t") == std::string_view::npos;
    switch (kind) {
    case '#': return digits(value);
    case '_': return word;
    case '/': return source_place(value);
    case '@': return word && std::ranges::any_of(kDebuggerPorts, port);
    case '%': return word && value.contains(':') && std::ranges::none_of(kServicePorts, port);
    case '!': return go_check(value);
    case '~': return std::ranges::any_of(kKilled, [value](std::string_view killed) { return value.contains(killed); });
    default: return true;
    }
}

} // namespace dbgscope
