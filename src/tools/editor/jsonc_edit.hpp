// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/json.hpp"
#include "tools/editor/jsonc.hpp"

// Changes to a JSON file with comments as pieces of text put in: whatever they do not name stays byte for byte as it
// is. What is put in takes the file's own indentation, line ends and habit of trailing commas.
namespace dbgscope {

/// At `at` of the text as it was, `removed` bytes give way to `inserted`.
struct Splice {
    std::size_t at = 0, removed = 0;
    std::string inserted;
};

/// `splices` in rising order of `at`.
[[nodiscard]] std::string apply_splices(std::string_view text, const std::vector<Splice> &splices);

/// Gives the member at `path` from the root a value, making the objects on the way; empty when it has that string
/// already. A member that is there keeps its place and key; of duplicate keys the one that counts is changed. A text
/// without a value gets a root. Errors: config, "FILE:LINE:COLUMN": not JSON, or something on the way is no object.
[[nodiscard]] Result<std::vector<Splice>> set_member(std::string_view text, const std::string &file,
                                                     const std::vector<std::string> &path, const Json &value);

/// Adds `value` as the last element of `array`, or of member `key` of `object`. The node must be of `text`.
[[nodiscard]] std::vector<Splice> append_element(std::string_view text, const JsonNode &array, const Json &value);
[[nodiscard]] std::vector<Splice> append_member(std::string_view text, const JsonNode &object, const std::string &key,
                                                const Json &value);

} // namespace dbgscope
