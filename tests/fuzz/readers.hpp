// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "cli/options.hpp"
#include "cli/plain_options.hpp"
#include "dbgscope/time_span.hpp"
#include "dbgscope/utf8.hpp"
#include "debugger/call.hpp"
#include "debugger/go_environment.hpp"
#include "kernel/memory_stat.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/oom_lines.hpp"
#include "kernel/own_cgroup.hpp"
#include "kernel/parse.hpp"
#include "kernel/pressure.hpp"
#include "plan/plan.hpp"
#include "plan/properties.hpp"
#include "probe/debuggee.hpp"
#include "profile/load.hpp"
#include "profile/settings_file.hpp"
#include "profile/yaml_file.hpp"
#include "render/facts_json.hpp"
#include "render/plan_text.hpp"
#include "session/record_json.hpp"
#include "session/recording.hpp"
#include "session/usage.hpp"
#include "sys/elf_sections.hpp"
#include "sys/fd.hpp"
#include "tools/editor/jsonc.hpp"
#include "tools/editor/jsonc_edit.hpp"
#include "tools/editor/lint.hpp"
#include "tools/explain/explain.hpp"
#include "tools/inspect/core_file.hpp"
#include "tools/inspect/function_name.hpp"
#include "tools/inspect/go_heap.hpp"
#include "tools/inspect/goroutines.hpp"
#include "tools/inspect/pprof_reader.hpp"
#include "tools/report/dap_log.hpp"
#include "tools/report/report_text.hpp"
#include "watch/evidence.hpp"

// What the targets share: every header of a reader of foreign bytes stands here, so that a file can move without
// fifteen edits. A target is one file: it feeds the bytes to a reader, and aborts where what came out breaks the
// reader's contract.
namespace dbgscope::fuzz {

/// The contract is broken: libFuzzer keeps the input that did it.
inline void must(bool holds)
{
    if (!holds)
        std::abort();
}

inline std::string_view text_of(const std::uint8_t *data, std::size_t size)
{
    return {reinterpret_cast<const char *>(data), size}; // NOLINT(*-reinterpret-cast): libFuzzer's own type
}

/// The pieces between NUL bytes, as the kernel has argv in /proc/PID/cmdline.
inline std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = text.find('\0');
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return words;
}

/// A regular file without a name that holds `text`; one descriptor for all runs, rewound.
inline int file_with(std::string_view text)
{
    static const int fd = ::memfd_create("fuzz", MFD_CLOEXEC);
    must(fd >= 0 && ::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0);
    must(::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return fd;
}

} // namespace dbgscope::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
