// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "probe/sys_root.hpp"
#include "probe/tools.hpp"

// `dbgscope doctor`: what of this machine gets in the way of a debug session. Checks read and try; they change nothing.
namespace dbgscope {

enum class CheckLevel : std::uint8_t {
    ok,
    note,    ///< worth knowing; nothing is wrong
    warn,    ///< some sessions will go wrong
    fail,    ///< sessions go wrong
    unknown, ///< could not be seen; `found` says why
};
[[nodiscard]] const char *level_name(CheckLevel level); ///< "ok", "note", …

/// Texts may hold names from the machine as they are: they are escaped where they are printed.
struct CheckFinding {
    CheckLevel level = CheckLevel::ok;
    std::string looked_at;
    std::string found;
    std::string matters = {}; ///< empty when level is ok
    std::string cure = {};    ///< the one thing to do; empty: nothing to do
};
using CheckFindings = std::vector<CheckFinding>;

/// What every check may look at. Paths are the machine's own, without root.root.
struct DoctorInput {
    SysRoot root;
    Facts facts;                          ///< probed with kDoctorNeeds
    std::vector<std::string> environment; ///< "NAME=VALUE"
    std::string directory;                ///< working directory, absolute
    std::optional<SelfFile> self;         ///< dbgscope's own executable
    std::string program;                  ///< --program: file to be debugged; empty: none
    std::optional<std::uint16_t> port;    ///< --port
    std::string sums;                     ///< --verify: a sha256sums file; empty: none
    std::vector<std::pair<std::string, std::string>> configured =
        {}; ///< debuggers.NAME, where set: {"dlv", "/opt/dlv"}

    /// The variable's value; empty when it is unset or empty.
    [[nodiscard]] std::string_view variable(std::string_view name) const;
    /// As a session would find it: configured, or in PATH, never dbgscope itself.
    [[nodiscard]] ToolFacts tool(std::string_view name) const;
};
/// What `facts` must have been probed with. The manager's version is not asked: that waits for the bus.
[[nodiscard]] std::uint32_t doctor_needs();

struct Check {
    std::string_view id;    ///< "ptrace"
    std::string_view group; ///< "rights": `doctor rights` runs the whole group
    std::string_view title; ///< what it looks at, for --list
    CheckFindings (*run)(const DoctorInput &input);
    bool by_default = true;
};
/// In the order they are run and printed. To add one: a file check_NAME.cpp, its function in checks.hpp, a line here.
[[nodiscard]] std::span<const Check> checks();

struct CheckResult {
    const Check *check = nullptr;
    CheckFinding finding;
};
/// The checks whose id or group is named, in the table's order; without names those that run by default.
/// Errors: usage, for a name that is none, with the nearest one or the names as the hint.
[[nodiscard]] Result<std::vector<const Check *>> choose_checks(const std::vector<std::string> &names);
[[nodiscard]] std::vector<CheckResult> run_checks(const std::vector<const Check *> &chosen, const DoctorInput &input);

/// 1 when there is a warning or a failure, else 0.
[[nodiscard]] int doctor_status(const std::vector<CheckResult> &results);
/// A table for people: one line for what is ok; else also what was looked at, why it matters and what to do.
[[nodiscard]] std::string doctor_text(const std::vector<CheckResult> &results);
/// {"schema": 1, "findings": [{"check", "group", "level", "looked_at", "found", "matters", "do"}]}, ASCII only.
[[nodiscard]] std::string doctor_json(const std::vector<CheckResult> &results);
/// The table of checks for --list.
[[nodiscard]] std::string check_list();

} // namespace dbgscope
