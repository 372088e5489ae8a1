// SPDX-License-Identifier: Apache-2.0
#include "launch/unit_properties.hpp"

#include <utility>

#include "launch/scope.hpp"
#include "launch/scope_errors.hpp"
#include "sys/bus_value.hpp"

namespace dbgscope {

/// SetUnitProperties(s name, b runtime, a(sv) properties)
Result<void> set_unit_properties(const ManagerAddress &manager, const std::string &unit,
                                 const std::vector<ScopeProperty> &properties, bool runtime,
                                 std::chrono::milliseconds timeout)
{
    auto bus = ManagerBus::connect(manager, timeout);
    if (!bus)
        return pass(bus);
    if (manager.ask_password && !bus->direct())
        timeout = kPasswordTimeout;
    auto message = bus->manager_call("SetUnitProperties");
    if (!message)
        return pass(message);
    BusWriter out(bus->library(), message->get());
    out.text(unit);
    out.truth(runtime);
    out.open('a', "(sv)");
    for (const ScopeProperty &property : properties)
        out.property(property.name, property.value);
    out.close();
    if (out.status() < 0)
        return fail(errno_error(-out.status(), "describe properties of", unit));
    PendingCall call;
    if (auto sent = bus->send(*message, call); !sent)
        return sent;
    if (auto driven = bus->drive(Deadline::clock::now() + timeout, [&] { return call.answered(); }); !driven) {
        driven.error().operation = "set properties of";
        driven.error().subject = unit;
        return driven;
    }
    if (const std::string name = call.error_name(); !name.empty())
        return fail(manager_error({"set properties of", unit, manager.user_manager}, name, call.error_text()));
    return {};
}

} // namespace dbgscope
