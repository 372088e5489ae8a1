// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/program.hpp"

// profile.proto (github.com/google/pprof, proto/profile.proto), which `go tool pprof` and many others read: as much of
// it as a profile with names already in it needs.
namespace dbgscope {

class PprofProfile {
  public:
    struct Kind {
        std::string_view type, unit; ///< {"inuse_space", "bytes"}
    };
    /// The values of each sample, in this order; readers show the last one first.
    explicit PprofProfile(const std::vector<Kind> &kinds);
    /// What lies between two samples; optional.
    void set_period(Kind kind, std::int64_t period);
    void set_time(std::int64_t unix_ns);
    void set_duration(std::int64_t nanoseconds);
    void add_comment(std::string_view text);
    /// `stack`: the innermost first. `object_bytes`: the label "bytes"; 0: none.
    void add(const std::vector<Frame> &stack, const std::vector<std::int64_t> &values, std::uint64_t object_bytes = 0);
    /// The message, not compressed.
    [[nodiscard]] std::string message() const;

  private:
    [[nodiscard]] std::uint64_t text(std::string_view word);
    [[nodiscard]] std::uint64_t location(const Frame &frame);
    [[nodiscard]] std::string value_type(Kind kind);

    std::string head_, samples_, locations_, functions_;
    std::vector<std::string> strings_;
    std::map<std::string, std::uint64_t, std::less<>> known_strings_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> known_functions_; ///< by name and file
    std::map<std::tuple<std::uint64_t, int>, std::uint64_t> known_locations_;          ///< by function and line
};

/// gzip(1)'s format. Errors: system.
[[nodiscard]] Result<std::string> gzip(std::string_view bytes);

/// Makes or replaces the file, only readable by its owner: names and addresses are the program's. A file that could not
/// be written whole is removed. Errors keep errno: ENOSPC, EROFS, EACCES, …
[[nodiscard]] Result<void> write_private_file(const std::string &path, std::string_view bytes);

} // namespace dbgscope
