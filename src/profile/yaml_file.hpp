// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"

// The strict subset of YAML that configuration is written in. The only door to yaml-cpp.
namespace dbgscope {

inline constexpr std::size_t kMaxConfigBytes = 64 * 1024;

/// Line and column as an editor counts them, from 1.
struct YamlPlace {
    int line = 1, column = 1;
};

struct YamlScalar {
    std::string text;
    YamlPlace place;
};

/// One leaf of the nested maps: `memory: {max: 512M}` is {"memory.max", scalar, {"512M"}}.
struct YamlEntry {
    enum class Kind { scalar, sequence, nothing, empty_map };
    std::string key; ///< path of the maps down to it, joined by '.'
    YamlPlace key_place, value_place;
    Kind kind = Kind::scalar;
    std::vector<YamlScalar> values; ///< one for a scalar, any number for a sequence
};

/// "FILE:LINE:COLUMN".
[[nodiscard]] std::string place_text(const std::string &file, YamlPlace place);

/// Flattens `text` in the order written. One document: maps of maps, scalars and sequences of scalars. Refused, with
/// kind config and subject "FILE:LINE:COLUMN": what is not UTF-8 text, tabs that indent, duplicate keys, dots in keys,
/// anchors, aliases, merge keys, tags, a second document, anything nested deeper than a sequence in two maps.
/// Never throws. `file` is for messages only.
[[nodiscard]] Result<std::vector<YamlEntry>> parse_yaml(const std::string &text, const std::string &file);

} // namespace dbgscope
