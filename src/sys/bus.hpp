// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "dbgscope/error.hpp"
#include "sys/bus_library.hpp"

// One connection to a systemd manager over sd-bus. Nothing here waits longer than the deadline it is given.
namespace dbgscope {

using Deadline = std::chrono::steady_clock::time_point;

/// Where a manager listens. The private socket needs no broker and is tried first.
struct ManagerAddress {
    bool user_manager = false;
    std::string socket;        ///< "/run/systemd/private"; empty: none
    std::string bus;           ///< D-Bus address or path of a broker's socket; empty: none
    bool ask_password = false; ///< polkit may ask the user
};

struct BusUnref {
    const BusLibrary *library = nullptr;
    void operator()(sd_bus *bus) const { (void)library->sd_bus_close_unref(bus); } // unsent messages are dropped
    void operator()(sd_bus_message *message) const { (void)library->sd_bus_message_unref(message); }
    void operator()(sd_bus_slot *slot) const { (void)library->sd_bus_slot_unref(slot); }
};
using BusHandle = std::unique_ptr<sd_bus, BusUnref>;
using BusMessage = std::unique_ptr<sd_bus_message, BusUnref>;
using BusSlot = std::unique_ptr<sd_bus_slot, BusUnref>;

/// "/run/dbus/a b" → "unix:path=/run/dbus/a%20b"; what is an address already is returned unchanged (D-Bus
/// specification, "Server Addresses").
[[nodiscard]] std::string bus_address(std::string_view path_or_address);

/// A method call under way. Must stay where it is until the answer has come or it is destroyed.
struct PendingCall {
    BusSlot slot;
    BusMessage answer; ///< set once answered; may be an error message
    [[nodiscard]] bool answered() const { return answer != nullptr; }
    /// Name of the D-Bus error that was answered, or empty.
    [[nodiscard]] std::string error_name() const;
    [[nodiscard]] std::string error_text() const;
};

class ManagerBus {
  public:
    /// Connects; authentication goes on in drive(). Errors: unsupported (no library, no address), denied (a private
    /// socket whose other end is neither root nor our own user), or what connect(2) said.
    [[nodiscard]] static Result<ManagerBus> connect(const ManagerAddress &address, std::chrono::milliseconds timeout);

    /// A call to the org.freedesktop.systemd1.Manager interface of the manager object.
    [[nodiscard]] Result<BusMessage> manager_call(const char *member) const;
    /// A call to any object of the manager.
    [[nodiscard]] Result<BusMessage> call(const char *path, const char *interface, const char *member) const;
    /// Queues `message`; `pending` is filled in while drive() runs.
    [[nodiscard]] Result<void> send(const BusMessage &message, PendingCall &pending) const;
    /// Manager signals named `member` go to `handler`, which must not throw. In force before any call sent later.
    [[nodiscard]] Result<BusSlot> match(const char *member, sd_bus_message_handler_t handler, void *userdata) const;

    /// Processes traffic until `done()`. Errors: timeout; system when the manager drops the connection.
    template <class Done> [[nodiscard]] Result<void> drive(Deadline deadline, Done &&done) const
    {
        while (!done())
            if (auto stepped = step(deadline); !stepped)
                return stepped;
        return {};
    }
    /// Every queued message has been handed to the kernel.
    [[nodiscard]] bool flushed() const;
    [[nodiscard]] const BusLibrary &library() const { return *library_; }
    [[nodiscard]] bool direct() const { return direct_; } ///< the private socket, no broker between

  private:
    ManagerBus(const BusLibrary &library, BusHandle bus, bool direct)
        : library_(&library), bus_(std::move(bus)), direct_(direct)
    {
    }
    [[nodiscard]] Result<void> step(Deadline deadline) const;

    const BusLibrary *library_;
    BusHandle bus_;
    bool direct_;
};

} // namespace dbgscope
