// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/profile.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// Where lines for the user go: stderr, or the file of --log-file. Never stdout.
class Messages {
  public:
    /// A log file that cannot be opened is said on stderr, and stderr is used.
    explicit Messages(const Settings &settings);
    /// One line, prefixed "dbgscope: ", in a single write; silent under --quiet (a log file still gets it).
    void say(std::string_view line) const;
    /// What only informs (is_note, the announcement): not on a standard error that is no terminal, where an editor
    /// shows it like an error and a script does not expect it; unless `quiet` is off by name. False: nobody has read
    /// it.
    [[nodiscard]] bool note(std::string_view line) const;
    /// The same as say() without the prefix.
    void say_bare(std::string_view line) const;

  private:
    UniqueFd log_;
    bool quiet_ = false, notes_ = false;
};

/// A notice of which nothing has to be done about: everything that was asked for holds.
[[nodiscard]] bool is_note(std::string_view id);

/// Whether this user was told `id` within a day; from now on he was. Where that cannot be kept he was not.
[[nodiscard]] bool said_today(std::string_view id);

} // namespace dbgscope
