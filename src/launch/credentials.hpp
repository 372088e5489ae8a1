// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

namespace dbgscope {

/// Who the command runs as, resolved before anything irreversible.
struct Account {
    std::optional<uid_t> uid;                 ///< nothing: unchanged
    std::optional<gid_t> gid;                 ///< nothing: unchanged
    std::optional<std::vector<gid_t>> groups; ///< supplementary groups, the primary one among them; with uid only
    std::vector<EnvChange> environment;       ///< USER, LOGNAME and, where they are of use, HOME and SHELL
};

/// Looks user and group up, by number first, as systemd-run does. A user's group is his primary one unless a group is
/// asked for. Errors: usage (no such user or group; a number without a passwd entry and no group), system (NSS).
[[nodiscard]] Result<Account> find_account(const SetCredentials &wanted);

/// setgroups, setresgid, setresuid, in this order, for good: reads all ids back and makes sure that root's cannot be
/// had again. Does nothing when the caller already is that user. Errors: denied, system.
[[nodiscard]] Result<void> become(const Account &account);

} // namespace dbgscope
