// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// OpenMetrics' text format, version 1.0.
namespace dbgscope {

/// "{name="value",…}"; backslash, quote and newline are escaped, what is not UTF-8 or is a control character is \xNN.
[[nodiscard]] std::string metric_labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

/// One family at a time, its samples together, as the format demands.
class Metrics {
  public:
    /// "gauge" or "counter"; the samples of a counter end in _total. `unit`: the end of the name, "bytes"; may be
    /// empty.
    void family(std::string_view name, std::string_view type, std::string_view unit, std::string_view help);
    /// `labels` as metric_labels() gives them. `unix_ms`: when it was so.
    void sample(std::string_view name, const std::string &labels, double value,
                std::optional<std::int64_t> unix_ms = std::nullopt);
    /// The whole text, with the line that ends it.
    [[nodiscard]] std::string finish() &&;

  private:
    std::string text_;
};

} // namespace dbgscope
