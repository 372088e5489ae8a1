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

} // namespace

std::string function_name(const char *linkage_name)
{
    if (!std::string_view(linkage_name).starts_with("_Z") || ::strnlen(linkage_name, kLongest) == kLongest)
        return linkage_name;
    int status = 0;
    const std::unique_ptr<char, void (*)(void *)> name(abi::__cxa_demangle(linkage_name, nullptr, nullptr, &status),
                                                       std::free); // NOLINT(*-no-malloc)
    if (!name)
        return linkage_name;
    return std::string(without_hash(without_parameters(name.get())));
}

} // namespace dbgscope
