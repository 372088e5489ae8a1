// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a line of a log says without what was put around it: time stamps, prompts, colours, JSON.
namespace dbgscope {

/// When a line was written, on the clocks its time stamp is of.
struct Clock {
    std::optional<double> uptime_s; ///< since the machine's start: dmesg, /dev/kmsg, go tool trace
    std::optional<double> epoch_s;  ///< with a zone: ISO 8601, strace -ttt
    std::optional<double> day_s;    ///< of a day in local time: syslog, journal, strace -tt, Go's log, dmesg -T
    int date = 0;                   ///< of that day, month * 100 + day; 0: not told
};

struct PlainLine {
    std::string text;
    Clock clock;
    bool of_entry = false; ///< of an entry over several lines (nvim-dap's): its time stands on the first of them
};

/// One line gives one text; JSON one for each line of its "output", "format", "message", "MESSAGE", "log" and "msg"
/// strings; a record of gdb's machine interface, or logrus' msg="…", one for each line of its string; of nvim-dap's log
/// one for each line of what lua_texts() finds. Taken off:
/// colours (ESC [ ... letter), and every prefix of line_prefix.hpp.
[[nodiscard]] std::vector<PlainLine> plain_lines(std::string_view raw);

} // namespace dbgscope
