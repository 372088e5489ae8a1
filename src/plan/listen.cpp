// SPDX-License-Identifier: Apache-2.0
#include "plan/listen.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/core.h>

#include "debugger/call.hpp"

namespace dbgscope {
namespace {

Notice port_taken(const PortFacts &taken)
{
    const std::string who = taken.holder.empty() ? std::string("something") : taken.holder;
    return {"port-taken",
            taken.session.empty()
                ? fmt::format("{} listens on port {} already", who, taken.port)
                : fmt::format("{} of session {} listens on port {} already: dbgscope stop --port {} ends it", who,
                              taken.session, taken.port, taken.port)};
}

/// A host that is not one of the names of "every address".
bool names_a_host(std::string_view address)
{
    constexpr std::array<std::string_view, 5> kEvery{"", "0.0.0.0", "[::]", "*", "tcp"};
    const std::string_view host = address.substr(0, address.rfind(':'));
    return std::ranges::find(kEvery, host.starts_with("tcp:") ? host.substr(4) : host) == kEvery.end();
}

} // namespace

std::vector<Notice> listen_notices(const Facts &facts, const DebuggerCall &call)
{
    std::vector<Notice> notices;
    if (facts.taken_port)
        notices.push_back(port_taken(*facts.taken_port));
    if (call.tool == Tool::gdbserver && call.listen.find(':') != std::string::npos && names_a_host(call.listen))
        notices.push_back({"listens-everywhere",
                           fmt::format("gdbserver ignores the host in {} and listens on every address of this machine; "
                                       "`gdbserver - PROGRAM` behind gdb's `target remote |` needs no port",
                                       call.listen)});
    return notices;
}

std::int64_t client_timeout_ms(const Settings &settings, const DebuggerCall &call)
{
    const auto limit = settings.get<std::chrono::microseconds>(Key::client_timeout);
    if (call.tool != Tool::dlv || call.verb != "dap" || !limit || *limit == std::chrono::microseconds::max())
        return 0;
    return std::chrono::ceil<std::chrono::milliseconds>(*limit).count();
}

} // namespace dbgscope
