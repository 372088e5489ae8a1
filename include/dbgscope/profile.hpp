// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/error.hpp"

// Settings: one table of keys; every key is a profile key `a.b_c`, an option `--a-b-c` and a variable `DBGSCOPE_A_B_C`.
namespace dbgscope {

enum class Key : std::uint8_t {
    profile,
    backend,
    require,
    assume,
    quiet,
    log_file,
    notify,
    memory_max,
    memory_high,
    memory_low,
    memory_min,
    memory_swap_max,
    memory_share,
    debugger_memory_max,
    total_memory_max,
    rlimit_data,
    watch,
    wait,
    split,
    fuse_action,
    snapshot,
    growth_profile,
    client_timeout,
    record,
    dap_log,
    cpu_weight,
    cpu_quota,
    io_weight,
    tasks_max,
    slice,
    slice_inherit,
    unit,
    name_prefix,
    description,
    collect,
    runtime_max,
    oom_policy,
    property,
    job_mode,
    send_sighup,
    ask_password,
    oom_score_adjust,
    debugger_oom_score_adjust,
    debuggee_oom_score_adjust,
    nice,
    uid,
    gid,
    working_directory,
    same_dir,
    setenv,
    expand_environment,
    shell,
    pressure_some,
    pressure_full,
    pressure_action,
    pressure_watch,
    alloc_large_mapping,
    alloc_reclaim_stall,
    alloc_kernel_memory,
    alloc_oom_victims,
    on_pressure,
    on_growth,
    on_held,
    on_killed,
    on_drift,
    on_deadline,
    go_memlimit,
    heap_profile,
    go_debug,
    go_debug_force,
    history_keep,
    history_drift,
    history_textfile,
    debuggers_dlv,
    debuggers_gdbserver,
    debuggers_gdb,
    debuggers_lldb_server,
    debuggers_lldb_dap,
    count_,
};
inline constexpr std::size_t kKeyCount = static_cast<std::size_t>(Key::count_);

enum class ValueType {
    size,     ///< SizeSpec: 512M, 40%, infinity
    percent,  ///< std::int64_t, permyriad: "20%", "12.5" or "125‰" = 2000 / 1250 / 1250
    integer,  ///< std::int64_t in [minimum, maximum]
    weight,   ///< std::int64_t 1..10000; cpu.weight also "idle" = 0
    count,    ///< SizeSpec without a unit: tasks.max "100", "40%", "infinity"
    duration, ///< std::chrono::microseconds, systemd.time(7) spans: "90", "2min 30s", "infinity" = max()
    flag,     ///< bool: yes/no/true/false/on/off/1/0 and what else systemd takes
    choice,   ///< std::string, one of `choices`
    choices,  ///< std::vector<std::string>, comma-separated, each one of `choices`
    text,     ///< std::string
    list,     ///< std::vector<std::string>; an option may be repeated, each adds to the lower layers' list
};

using Value =
    std::variant<bool, std::int64_t, SizeSpec, std::chrono::microseconds, std::string, std::vector<std::string>>;

/// What a project's .dbgscope.yaml may do with a key.
enum class ProjectRule {
    forbidden, ///< environment, paths, identities, tools
    tighten,   ///< only a value at least as strict as the layers below
    allowed,
};

/// One row of the key table (src/profile/key_table.cpp).
struct KeyInfo {
    Key key;
    std::string_view
        name; ///< "memory.swap_max"; the option is "--memory-swap-max", the variable "DBGSCOPE_MEMORY_SWAP_MAX"
    std::string_view aliases; ///< further option names, systemd-run's own: "-E,--setenv"; comma-separated, may be empty
    ValueType type;
    ProjectRule project;
    std::string_view group;   ///< heading in --help and the man page
    std::string_view choices; ///< "auto|systemd-user|…" for choice/choices
    std::int64_t minimum,
        maximum;              ///< integer, weight, percent (in 1/100 %); size, count, duration: minimum 1 refuses zero
    std::string_view metavar; ///< "SIZE", "NAME=VALUE"
    std::string_view help;    ///< one sentence without a full stop
};

[[nodiscard]] std::span<const KeyInfo> key_table();
[[nodiscard]] const KeyInfo &key_info(Key key);
[[nodiscard]] const KeyInfo *find_key(std::string_view dotted_name);

enum class Layer : std::uint8_t { builtin, system, user, project, environment, option };

/// Where a value came from: "built-in profile default", "/etc/dbgscope/config.yaml:3:8", "DBGSCOPE_MEMORY_MAX",
/// "--memory-max".
struct Origin {
    Layer layer = Layer::builtin;
    std::string where;
};
struct Setting {
    Value value;
    Origin origin;
};

/// All settings after the layers are merged. A key without a value keeps dbgscope's own behaviour.
class Settings {
  public:
    [[nodiscard]] const Setting *find(Key key) const;
    void set(Key key, Setting setting);
    void clear(Key key);
    /// The typed value, or nothing. The type must be the key's own (checked by assert).
    template <class T> [[nodiscard]] std::optional<T> get(Key key) const
    {
        const Setting *setting = find(key);
        if (setting == nullptr)
            return std::nullopt;
        return std::get<T>(setting->value);
    }
    [[nodiscard]] bool flag(Key key) const { return get<bool>(key).value_or(false); }
    [[nodiscard]] std::string text(Key key, std::string_view fallback = {}) const;
    [[nodiscard]] std::vector<std::string> list(Key key) const;

  private:
    std::map<Key, Setting> values_; ///< few are ever set, and what holds them is moved about by every launch
};

/// Parses `text` as a value of `info`; of a list, one item, byte for byte. Errors: usage, operation "read", subject
/// `memory.max "12Q"`, with the allowed form in the hint and a suggestion for choices.
[[nodiscard]] Result<Value> parse_value(const KeyInfo &info, std::string_view text);
/// The text form parse_value accepts back; the items of a list joined by ", ", for people.
[[nodiscard]] std::string format_value(const KeyInfo &info, const Value &value);
/// Nearest word by edit distance, or empty when nothing is near. For "did you mean".
[[nodiscard]] std::string suggest(std::string_view word, const std::vector<std::string> &known);

} // namespace dbgscope
