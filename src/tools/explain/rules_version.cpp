// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// Versions that do not fit each other.
constexpr Rule kRules[] = {
    {.id = "dlv-too-old",
     .severity = Severity::failure,
     .applies = "dlv 1.3 and later",
     .patterns = {"Version of Delve is too old for Go version {go_} (maximum supported version {max_},"},
     .samples = {"Version of Delve is too old for Go version 1.24.4 (maximum supported version 1.20, suppress this "
                 "error with --check-go-version=false)"},
     .what = "this dlv is too old for a program built with Go {go}: it knows Go up to {max}",
     .cause =
         "Each dlv release knows a window of Go releases; the debug information of a newer Go can be wrong for it.",
     .cure = "Update dlv: go install github.com/go-delve/delve/cmd/dlv@latest. --check-go-version=false goes on, with "
             "values that may be wrong. dbgscope doctor names the releases that fit."},
    {.id = "dlv-too-old-for-go",
     .severity = Severity::failure,
     .applies = "dlv 1.2 to 1.5",
     .patterns = {"Version of Delve is too old for this version of Go (maximum supported version {max_},",
                  "Version of Delve is too old for this version of Go (maximum supported version {max_})"},
     .samples = {"Version of Delve is too old for this version of Go (maximum supported version 1.13, suppress this "
                 "error with --check-go-version=false)",
                 "Version of Delve is too old for this version of Go (maximum supported version 1.11)"},
     .what = "this dlv is too old for the Go that built the program: it knows Go up to {max}",
     .cause =
         "Each dlv release knows a window of Go releases; the debug information of a newer Go can be wrong for it.",
     .cure = "Update dlv: go install github.com/go-delve/delve/cmd/dlv@latest. dbgscope doctor names the releases that "
             "fit."},
    {.id = "dlv-window-warning",
     .severity = Severity::warning,
     .applies = "dlv; also inside GoLand",
     .patterns = {"ersion of Delve is too old for Go version {go_} (maximum supported version {max_})"},
     .samples = {"WARNING: undefined behavior - version of Delve is too old for Go version 1.22.5 (maximum supported "
                 "version 1.21)"},
     .what = "this dlv is too old for a program built with Go {go}: it knows Go up to {max}, and goes on all the same",
     .cause = "The check was switched off (--check-go-version=false, as GoLand does). Breakpoints may not be hit, "
              "variables may be wrong.",
     .cure = "Update dlv, or the IDE that brings its own: go install github.com/go-delve/delve/cmd/dlv@latest."},
    {.id = "dlv-window-warning-old",
     .severity = Severity::warning,
     .applies = "dlv; also inside GoLand",
     .patterns = {"undefined behavior - version of Delve is too old for this version of Go (maximum supported version "
                  "{max_})"},
     .samples = {"WARNING: undefined behavior - version of Delve is too old for this version of Go (maximum supported "
                 "version 1.13)"},
     .what = "this dlv is too old for the Go that built the program: it knows Go up to {max}, and goes on all the same",
     .cause = "The check was switched off (--check-go-version=false, as GoLand does). Breakpoints may not be hit, "
              "variables may be wrong.",
     .cure = "Update dlv, or the IDE that brings its own: go install github.com/go-delve/delve/cmd/dlv@latest."},
    {.id = "go-too-old",
     .severity = Severity::failure,
     .applies = "dlv 1.3 and later",
     .patterns = {"Go version {go_} is too old for this version of Delve (minimum supported version {min_},"},
     .samples = {"Go version go1.19.8 is too old for this version of Delve (minimum supported version 1.22, suppress "
                 "this error with --check-go-version=false)"},
     .what = "the program was built with Go {go}, this dlv needs Go {min} at least",
     .cause = "Each dlv release knows a window of Go releases, and drops old ones.",
     .cure = "Build with a newer Go, or install an older dlv that knows this one (Go before 1.19: dlv 1.20.2; before "
             "1.21: 1.22.1). --check-go-version=false goes on, with values that may be wrong."},
    {.id = "go-too-old-for-dlv",
     .severity = Severity::failure,
     .applies = "dlv 1.2 to 1.5",
     .patterns = {"Version of Go is too old for this version of Delve (minimum supported version {min_},",
                  "Go version is too old for this version of Delve (minimum supported version {min_},",
                  "Go is too old for this version of Delve (minimum supported version {min_})",
                  "Go version is too old for this version of Delve (minimum supported version {min_})"},
     .samples = {"Version of Go is too old for this version of Delve (minimum supported version 1.12, suppress this "
                 "error with --check-go-version=false)",
                 "Go version is too old for this version of Delve (minimum supported version 1.12, suppress this error "
                 "with --check-go-version=false)",
                 "Version of Go is too old for this version of Delve (minimum supported version 1.12)",
                 "Go version is too old for this version of Delve (minimum supported version 1.12)"},
     .what = "the Go that built the program is too old for this dlv, which needs Go {min} at least",
     .cause = "Each dlv release knows a window of Go releases, and drops old ones.",
     .cure = "Build with a newer Go, or install an older dlv that knows this one. --check-go-version=false goes on, "
             "with values that may be wrong."},
    {.id = "go-window-warning",
     .severity = Severity::warning,
     .applies = "dlv; also inside GoLand",
     .patterns = {"Go version {go_} is too old for this version of Delve (minimum supported version {min_})"},
     .samples = {"WARNING: undefined behavior - Go version 1.16.3 is too old for this version of Delve (minimum "
                 "supported version 1.19)"},
     .what = "the program was built with Go {go}, this dlv needs Go {min} at least, and goes on all the same",
     .cause = "The check was switched off (--check-go-version=false, as GoLand does). Values may be wrong.",
     .cure = "Build with a newer Go, or use an older dlv."},
    {.id = "dlv-dwarf5",
     .severity = Severity::failure,
     .applies = "dlv built with Go before 1.25",
     .patterns = {"To debug executables using DWARFv5 or later Delve must be built with Go version {go_} or later"},
     .samples = {"To debug executables using DWARFv5 or later Delve must be built with Go version 1.25.0 or later"},
     .what = "this dlv was built with a Go that cannot read the program's debug information (DWARF 5)",
     .cause = "Go 1.25 and later write DWARF 5, and the reader is in the library dlv was built with.",
     .cure = "Build dlv again with Go {go} or later: go install github.com/go-delve/delve/cmd/dlv@latest. Or build the "
             "program with GOEXPERIMENT=nodwarf5."},
    {.id = "dlv-dwarf-unreadable",
     .severity = Severity::failure,
     .applies = "dlv older than the compiler",
     .patterns = {"decoding dwarf section {section_} at offset {offset_}: {why}",
                  "could not open debug info - {why}ersion", "unsupported DWARF version {why_}",
                  "could not parse DWARF version {why_}"},
     .samples = {"could not launch process: could not open debug info: decoding dwarf section info at offset 0x0: "
                 "unsupported version 5",
                 "could not launch process: could not open debug info - unknown version", "unsupported DWARF version 5",
                 "could not parse DWARF version 5"},
     .what = "dlv cannot read the program's debug information",
     .cause = "A compiler newer than this dlv wrote it (DWARF 5 since Go 1.25 and gcc 11, or compressed sections), or "
              "the file is damaged.",
     .cure = "Update dlv: go install github.com/go-delve/delve/cmd/dlv@latest with a new Go; or build the program with "
             "GOEXPERIMENT=nodwarf5, C parts with -gdwarf-4."},
    {.id = "gdb-dwarf-version",
     .severity = Severity::failure,
     .applies = "gdb older than the compiler",
     .patterns = {"warf Error: wrong version in compilation unit header (is {version#},",
                  "DWARF Error: wrong version in compilation unit header (is {version#},",
                  "warf Error: wrong unit_type in compilation unit header",
                  "DWARF Error: wrong unit_type in compilation unit header"},
     .samples =
         {"Dwarf Error: wrong version in compilation unit header (is 5, should be 2, 3, or 4) [in module /w/app]",
          "DWARF Error: wrong version in compilation unit header (is 5, should be 2, 3, or 4) [in module /w/app]",
          "Dwarf Error: wrong unit_type in compilation unit header [in module /w/app]",
          "DWARF Error: wrong unit_type in compilation unit header [in module /w/app]"},
     .what = "gdb cannot read the program's debug information",
     .cause = "A compiler newer than this gdb wrote it: gcc 11, clang 14 and Go 1.25 write DWARF 5.",
     .cure = "Use a newer gdb (10 and later), or build with -gdwarf-4, Go with GOEXPERIMENT=nodwarf5."},
    {.id = "dlv-internal-error",
     .severity = Severity::failure,
     .applies = "dlv",
     .patterns = {"Internal debugger error: {why}"},
     .samples = {"Internal debugger error: runtime error: index out of range [3] with length 3"},
     .what = "dlv itself failed ({why})",
     .cause = "A fault of dlv, mostly where it is older than the Go that built the program.",
     .cure =
         "Update dlv: go install github.com/go-delve/delve/cmd/dlv@latest. If it stays, report it with dlv version, "
         "go version and the line."},
};

} // namespace

std::vector<Rule> version_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
