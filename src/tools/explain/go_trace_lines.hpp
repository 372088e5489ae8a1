// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/explain/explain_line.hpp"

namespace dbgscope {

struct GoTraceExcerpt {
    Clock clock;
    std::string text;
    bool of_program = false; ///< a task, a region or a log line of the program's own; else the runtime's
};

/// The text of `go tool trace -d=parsed` (Go 1.22: -d=1) line by line: "M=1531 P=1 G=1 RangeBegin Time=42273122054464
/// Name="GC concurrent mark phase" Scope=None". What begins and ends is one excerpt, at its beginning. Lines of `-d`
/// before Go 1.22 ("132085 GCStart p=1000004 g=0 off=962 seq=0") count from the beginning of the trace: they have no
/// clock.
class GoTraceLines {
  public:
    /// At most one; of what has begun nothing yet.
    [[nodiscard]] std::optional<GoTraceExcerpt> take(const PlainLine &plain);
    /// What was still under way where the trace ends.
    [[nodiscard]] std::vector<GoTraceExcerpt> finish();

  private:
    static constexpr std::size_t kMostOpen = 1000;
    void begin(std::string key, GoTraceExcerpt excerpt);
    [[nodiscard]] std::optional<GoTraceExcerpt> end(const std::string &key, const GoTraceExcerpt &excerpt);

    std::map<std::string, GoTraceExcerpt> open_; ///< by what tells it from others under way
    std::string processors_;
};

} // namespace dbgscope
