// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "plan/property/table.hpp"

// One function per shape of value: text → property under its name on the bus. All have the type PropertyForm::Read;
// errors are causes in words. An empty value is the default or an empty list, where systemd has it so.
namespace dbgscope::readers {

using Property = values::Parsed<ScopeProperty>;
using Form = const PropertyForm &;
using Text = std::string_view;

[[nodiscard]] Property boolean(Form form, Text bus_name, Text value);
[[nodiscard]] Property text(Form form, Text bus_name, Text value);
[[nodiscard]] Property choice(Form form, Text bus_name, Text value);
[[nodiscard]] Property pressure_watch(Form form, Text bus_name, Text value); ///< a choice or yes/no
[[nodiscard]] Property slice(Form form, Text bus_name, Text value);
[[nodiscard]] Property interface_name(Form form, Text bus_name, Text value);

[[nodiscard]] Property words(Form form, Text bus_name, Text value);
[[nodiscard]] Property paths(Form form, Text bus_name, Text value);
[[nodiscard]] Property one_path(Form form, Text bus_name, Text value); ///< a list of one
[[nodiscard]] Property controllers(Form form, Text bus_name, Text value);
[[nodiscard]] Property delegate(Form form, Text bus_name, Text value); ///< yes/no, or DelegateControllers

[[nodiscard]] Property number(Form form, Text bus_name, Text value);
[[nodiscard]] Property number32(Form form, Text bus_name, Text value);
[[nodiscard]] Property cpu_weight(Form form, Text bus_name, Text value); ///< "idle" is 0
[[nodiscard]] Property exit_status(Form form, Text bus_name, Text value);
[[nodiscard]] Property signal(Form form, Text bus_name, Text value);

[[nodiscard]] Property size(Form form, Text bus_name, Text value);  ///< bytes, or a percentage as …Scale
[[nodiscard]] Property count(Form form, Text bus_name, Text value); ///< the same without units: TasksMax
[[nodiscard]] Property cpu_quota(Form form, Text bus_name, Text value);
[[nodiscard]] Property pressure_limit(Form form, Text bus_name, Text value);
[[nodiscard]] Property time_span(Form form, Text bus_name, Text value);
[[nodiscard]] Property time_span_or_default(Form form, Text bus_name, Text value); ///< empty: infinity, the default
[[nodiscard]] Property run_time(Form form, Text bus_name, Text value);             ///< not 0

[[nodiscard]] Property index_set(Form form, Text bus_name, Text value);
[[nodiscard]] Property device_bandwidth(Form form, Text bus_name, Text value); ///< base 1000, as systemd
[[nodiscard]] Property device_weight(Form form, Text bus_name, Text value);
[[nodiscard]] Property device_latency(Form form, Text bus_name, Text value);
[[nodiscard]] Property device_allow(Form form, Text bus_name, Text value);
[[nodiscard]] Property bpf_program(Form form, Text bus_name, Text value);
[[nodiscard]] Property addresses(Form form, Text bus_name, Text value);
[[nodiscard]] Property socket_bind(Form form, Text bus_name, Text value);
[[nodiscard]] Property interfaces(Form form, Text bus_name, Text value);
[[nodiscard]] Property nft_sets(Form form, Text bus_name, Text value);

} // namespace dbgscope::readers
