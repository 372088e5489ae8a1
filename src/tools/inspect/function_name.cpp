// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/function_name.hpp"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace dbgscope {
namespace {

constexpr std::size_t kLongest = 4096; ///< a name is the program's own: the demangler need not be tried with any
constexpr int kMostReferences = 24;
constexpr std::string_view kAnonymous = "(anonymous namespace)";

/// "Server::remember(std::string const&) const" -> "Server::remember"; "(anonymous namespace)::f(int)" -> without its
/// last pair.
std::string_view without_parameters(std::string_view name)
{
    const auto close = name.rfind(')');
    if (close == std::string_view::npos || name.substr(close).find("::") != std::string_view::npos)
        return name;
    int depth = 0;
    for (std::size_t at = close + 1; at-- > 0;) {
        depth += name[at] == ')' ? 1 : name[at] == '(' ? -1 : 0;
        if (depth == 0)
            return at == 0 || name.substr(at).starts_with(kAnonymous) ? name : name.substr(0, at);
    }
    return name;
}

/// Rust's older scheme: "leak::grow::h0123456789abcdef".
std::string_view without_hash(std::string_view name)
{
    constexpr std::size_t kHash = 16;
    const auto at = name.rfind("::h");
    if (at == std::string_view::npos || name.size() - at != 3 + kHash)
        return name;
    for (const char digit : name.substr(at + 3))
        if (std::isxdigit(static_cast<unsigned char>(digit)) == 0)
            return name;
    return name.substr(0, at);
}

/// "S3_", "T_": what stood before, once more. 200 bytes of a hostile name stand for gigabytes, where each part of it
/// names the one before twice; with so few, 3^8 times its length is the most.
int references(std::string_view name)
{
    int count = 0;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] != 'S' && name[at] != 'T')
            continue;
        std::size_t end = at + 1;
        while (end < name.size() && (std::isdigit(static_cast<unsigned char>(name[end])) != 0 ||
                                     std::isupper(static_cast<unsigned char>(name[end])) != 0))
            ++end;
        count += end < name.size() && name[end] == '_' ? 1 : 0;
    }
    return count;
}

} // namespace

std::string function_name(const char *linkage_name)
{
    if (!std::string_view(linkage_name).starts_with("_Z") || ::strnlen(linkage_name, kLongest) == kLongest ||
        references(linkage_name) > kMostReferences)
        return linkage_name;
    int status = 0;
    const std::unique_ptr<char, void (*)(void *)> name(abi::__cxa_demangle(linkage_name, nullptr, nullptr, &status),
                                                       std::free); // NOLINT(*-no-malloc)
    if (!name)
        return linkage_name;
    return std::string(without_hash(without_parameters(name.get())));
}

bool is_go_runtime(std::string_view function)
{
    return function.starts_with("runtime.") || function.starts_with("internal/runtime/") ||
           function.starts_with("runtime/internal/");
}

} // namespace dbgscope
