// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <span>

#include <fmt/core.h>

#include "tools/inspect/function_name.hpp"
#include "tools/inspect/growth.hpp"

namespace dbgscope {
namespace {

/// Of a module's file, without its directories.
constexpr std::string_view kLibraries[] = {"libc.so",     "libc-2.",     "libstdc++",   "libc++",
                                           "libgcc_s",    "libpthread",  "ld-linux",    "ld-musl",
                                           "libjemalloc", "libtcmalloc", "libmimalloc", "[vdso"};
/// Of a source file's path: headers, and Rust's own library.
constexpr std::string_view kHeaders[] = {"/usr/include/", "/usr/lib/gcc/", "/usr/lib/llvm", "/rustc/"};
constexpr std::string_view kInside[] = {"/include/c++/", "library/alloc/src/", "library/std/src/", "library/core/src/"};
/// Of a function that has no line: of libc.a, mostly.
constexpr std::string_view kFunctions[] = {
    "operator new", "std::",  "__gnu_cxx::",    "alloc::",       "core::",    "__rust_",
    "malloc",       "calloc", "realloc",        "_int_",         "sysmalloc", "__libc_",
    "__mem",        "mem",    "posix_memalign", "aligned_alloc", "strdup",    "_start"};

bool starts_with_any(std::string_view text, std::span<const std::string_view> starts)
{
    return std::ranges::any_of(starts, [text](std::string_view start) { return text.starts_with(start); });
}

bool is_library(const StackFrame &frame)
{
    const std::string_view module = std::string_view(frame.module).substr(frame.module.rfind('/') + 1);
    const std::string &file = frame.frame.file;
    if (starts_with_any(module, kLibraries) || starts_with_any(file, kHeaders))
        return true;
    if (std::ranges::any_of(kInside, [&file](std::string_view part) { return file.find(part) != std::string::npos; }))
        return true;
    return file.empty() && starts_with_any(frame.frame.function, kFunctions);
}

/// Go's own code, of the runtime or of the program: its functions have a package. cgo's C code may stand in a file of
/// Go, in front of import "C".
bool is_go(const StackFrame &frame)
{
    const Frame &line = frame.frame;
    return is_go_runtime(line.function) ||
           (line.function.find('.') != std::string::npos && (line.file.ends_with(".go") || line.file.ends_with(".s")));
}

std::string key_of(const Frame &frame, const std::vector<Frame> *callers)
{
    std::string key = fmt::format("{}\n{}\n{}", frame.function, frame.file, frame.line);
    if (callers != nullptr)
        for (const Frame &caller : *callers)
            key += '\n' + key_of(caller, nullptr);
    return key;
}

} // namespace

std::size_t own_frame(const std::vector<StackFrame> &stack)
{
    const auto place = [&stack](auto wanted) {
        return static_cast<std::size_t>(std::ranges::find_if(stack, wanted) - stack.begin());
    };
    // A library without debug information has been called by code that has some: that is the line to look at.
    if (const auto own = place([](const StackFrame &frame) { return frame.frame.line > 0 && !is_library(frame); });
        own < stack.size())
        return own;
    const auto named = place([](const StackFrame &frame) { return !is_library(frame); });
    return named < stack.size() ? named : 0;
}

void sum_growth(GrowthView &view, const std::vector<NamedSample> &samples, bool by_stack)
{
    struct Known {
        GrowthSite site;
        std::map<std::string, double> stacks; ///< by callers
        double heaviest = 0;
    };
    std::map<std::string, Known> sites;
    for (const NamedSample &sample : samples) {
        const double bytes = sample.bytes;
        Frame frame{.function = "(unknown)", .file = {}, .line = 0};
        std::vector<Frame> callers;
        if (sample.stack && !sample.stack->empty()) {
            const std::vector<StackFrame> &stack = *sample.stack;
            const std::size_t own = own_frame(stack);
            if (is_go(stack[own])) {
                view.go_bytes += bytes;
                continue;
            }
            frame = stack[own].frame;
            for (std::size_t i = own + 1; i < stack.size(); ++i)
                if (!is_library(stack[i]))
                    callers.push_back(stack[i].frame);
        }
        Known &known = sites[key_of(frame, by_stack ? &callers : nullptr)];
        known.site.frame = frame;
        known.site.bytes += bytes;
        ++known.site.samples;
        double &way = known.stacks[key_of(frame, &callers)];
        way += bytes;
        if (way > known.heaviest) {
            known.heaviest = way;
            known.site.callers = std::move(callers);
        }
        view.sampled_bytes += bytes;
    }
    for (auto &[key, known] : sites)
        view.sites.push_back(std::move(known.site));
    for (GrowthSite &site : view.sites)
        site.share = view.sampled_bytes > 0 ? site.bytes / view.sampled_bytes : 0;
    std::ranges::stable_sort(view.sites, std::greater(), &GrowthSite::bytes);
}

} // namespace dbgscope
