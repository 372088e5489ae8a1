// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Flags of go build as the go command reads them: pure. Sources: cmd/internal/quoted, InitGOFLAGS of
// cmd/go/internal/base and PerPackageFlag of cmd/go/internal/load in Go 1.19, 1.24 and 1.27, and trials with 1.19.8.
namespace dbgscope {

/// Words between blanks. A quote at the start of a word holds it together up to the next one of its kind, with nothing
/// unescaped between; one inside a word is itself. Error: the quote that is left open.
[[nodiscard]] std::expected<std::vector<std::string>, char> split_quoted(std::string_view text);

/// $GOFLAGS, for Go 1.`minor`. Up to 1.19 quotes in it are letters like others, and no flag can have a blank; 1.24
/// splits as split_quoted() does, and so is read what lies between them, or is not known.
struct GoFlags {
    std::vector<std::string> words; ///< none where there is an error
    std::string error;              ///< why every go command but env ends at once, in its own words: "non-flag \"a\""
};
[[nodiscard]] GoFlags read_goflags(std::string_view value, std::optional<int> minor);
/// Whether a flag with blanks can be written there.
[[nodiscard]] bool goflags_take_quotes(std::optional<int> minor);

/// What flags take away that a debugger needs. `words`: as the go command gets them, no quotes around them.
struct BuildEffects {
    bool trims = false;    ///< -trimpath: module paths in the place of files
    bool no_dwarf = false; ///< -gcflags=-dwarf=false: no debug information
    std::string strips;    ///< "-s" or "-w", for the linker: no debug information
};
[[nodiscard]] BuildEffects build_effects(std::span<const std::string> words);

} // namespace dbgscope
