// SPDX-License-Identifier: Apache-2.0
#include "launch/scope_manager.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "kernel/process.hpp"
#include "sys/bus_value.hpp"

namespace dbgscope {

bool is_away(const Error &error)
{
    constexpr std::array kNumbers{ECONNREFUSED, ECONNRESET, EPIPE, ENOTCONN, ESHUTDOWN};
    constexpr std::array<std::string_view, 2> kNames{"org.freedesktop.DBus.Error.NoReply",
                                                     "org.freedesktop.DBus.Error.Disconnected"};
    return std::ranges::find(kNumbers, error.error_number) != kNumbers.end() ||
           std::ranges::find(kNames, error.bus_name) != kNames.end();
}

bool are_in(std::span<const pid_t> pids, const std::string &unit)
{
    return std::ranges::all_of(pids, [&](pid_t pid) {
        const auto cgroups = cgroups_of(pid);
        return cgroups &&
               (cgroups->find('/' + unit) != std::string::npos || cgroups->find("/_" + unit) != std::string::npos);
    });
}

bool stayed_out(const CreateScope &scope, std::span<const pid_t> pids)
{
    return std::ranges::find(scope.properties, "Conditions", &ScopeProperty::name) != scope.properties.end() &&
           !are_in(pids, scope.unit);
}

Result<ManagerBus> connect_to(const CreateScope &scope, std::chrono::milliseconds timeout)
{
    const auto until = std::min(Deadline::clock::now() + kAwayAtMost, Deadline::clock::now() + timeout);
    for (;;) {
        // Without its private socket first: the broker would keep a call for a manager that is away.
        const bool last = Deadline::clock::now() >= until;
        auto bus = ManagerBus::connect(
            {scope.user_manager, scope.socket, scope.socket.empty() || last ? scope.bus : "", scope.ask_password},
            timeout);
        if (bus || last)
            return bus;
        if (!is_away(bus.error()) && !scope.bus.empty() && !scope.socket.empty())
            return ManagerBus::connect({scope.user_manager, "", scope.bus, scope.ask_password}, timeout);
        if (!is_away(bus.error()))
            return bus;
        std::this_thread::sleep_for(kAwayPause);
    }
}

Result<bool> has_unit(const ManagerBus &bus, const std::string &unit, Deadline deadline)
{
    auto message = bus.manager_call("GetUnit");
    if (!message)
        return pass(message);
    BusWriter(bus.library(), message->get()).text(unit);
    PendingCall get;
    auto asked = bus.send(*message, get);
    if (asked)
        asked = bus.drive(deadline, [&] { return get.answered(); });
    if (!asked)
        return pass(asked);
    return get.error_name().empty();
}

std::string unit_result(const ManagerBus &bus, const std::string &unit, Deadline deadline)
{
    deadline = std::min(deadline, Deadline::clock::now() + kAwayAtMost);
    const BusLibrary &sd = bus.library();
    auto find = bus.manager_call("GetUnit");
    if (!find)
        return {};
    BusWriter(sd, find->get()).text(unit);
    PendingCall found;
    const char *path = nullptr;
    if (!bus.send(*find, found) || !bus.drive(deadline, [&] { return found.answered(); }) ||
        sd.sd_bus_message_read(found.answer.get(), "o", &path) <= 0)
        return {};
    auto message = bus.call(path, "org.freedesktop.DBus.Properties", "Get");
    if (!message)
        return {};
    BusWriter out(sd, message->get());
    out.text("org.freedesktop.systemd1.Scope");
    out.text("Result");
    PendingCall get;
    const char *result = nullptr;
    if (!bus.send(*message, get) || !bus.drive(deadline, [&] { return get.answered(); }) ||
        sd.sd_bus_message_read(get.answer.get(), "v", "s", &result) <= 0)
        return {};
    return result;
}

} // namespace dbgscope
