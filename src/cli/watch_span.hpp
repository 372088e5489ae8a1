// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// How long a verb watches a process, and what ends that sooner.
namespace dbgscope {

/// `word` is the value of `option`, a time between 1ms and 24h. Errors: usage.
[[nodiscard]] Result<std::chrono::milliseconds> read_watch_span(const char *option, const std::string &word);

/// Readable when Ctrl-C or SIGTERM has come: it ends the watching and not the program, and what was seen is printed.
[[nodiscard]] UniqueFd end_signals();

/// "dbgscope: watching process 4711 for 5s; Ctrl-C ends it sooner", on a terminal only.
void say_watching(pid_t pid, std::chrono::milliseconds span);

} // namespace dbgscope
