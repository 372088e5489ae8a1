// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/program.hpp"

namespace dbgscope {

/// What a profile.proto holds, of dbgscope's own or of anybody's: `curl …/debug/pprof/heap`, `go test -memprofile`.
struct PprofContents {
    struct Kind {
        std::string type, unit; ///< {"inuse_space", "bytes"}
    };
    struct Sample {
        std::vector<std::uint32_t> stack; ///< places in `frames`, the innermost first, inlined ones too
        std::vector<std::int64_t> values; ///< as many as `kinds`
        std::uint64_t object_bytes = 0;   ///< the label "bytes"; 0: none
    };
    std::vector<Kind> kinds;
    std::vector<Frame> frames; ///< each once; an address where the file has no name for it
    std::vector<Sample> samples;
    std::int64_t unix_ns = 0; ///< when it was taken; 0: unknown

    /// Which of the values it is.
    [[nodiscard]] std::optional<std::size_t> kind(std::string_view type) const;
};

/// Compressed (gzip) or not. Bounded by 128 MiB, 1,000,000 samples, places and functions, 16,000,000 frames of all
/// stacks, whatever the bytes claim. Errors: unsupported (no profile, damaged, cut off, or larger than that).
[[nodiscard]] Result<PprofContents> read_pprof(std::string_view bytes);

} // namespace dbgscope
