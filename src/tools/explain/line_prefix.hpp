// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "tools/explain/explain_line.hpp"

// What others put before a line: one reader for the rules, the kernel's report and gctrace.
namespace dbgscope {

/// Takes every prefix off the front, outermost first, and reads the clocks in them. Known are the stamps of syslog,
/// journalctl -o short*, dmesg (-x, -T, -d, -e, --time-format, the caller of CONFIG_PRINTK_CALLER), /dev/kmsg and
/// RFC 5424; docker, CRI, compose, kubectl --prefix, stern, klog; GitHub, GitLab, Jenkins, buildkit; strace and logs
/// of Go, logrus and dlv; debuggers' prompts. A line without a prefix stays as it is.
void strip_prefixes(std::string_view &text, Clock &clock);

} // namespace dbgscope
