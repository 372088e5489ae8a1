// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sys/bus.hpp"

// The desktop's notification service (Desktop Notifications Specification 1.2, org.freedesktop.Notifications), over the
// session bus.
namespace dbgscope {

struct Notification {
    std::string summary, body;                                ///< plain text
    std::vector<std::pair<std::string, std::string>> actions; ///< key, label; left out where the service has none
    bool urgent = true;
    bool stays = false; ///< until it is closed, where the service has actions; else as long as the service likes
};

/// What a person did with one.
struct NotificationEvent {
    std::uint32_t id = 0;
    std::string action; ///< its key; empty: it was closed
};

class Notifications {
  public:
    /// `address`: of the session bus. Errors: unsupported (no libsystemd), timeout, those of the bus (nobody offers
    /// the service).
    [[nodiscard]] static Result<Notifications> connect(const std::string &address, Deadline deadline);

    /// Shows it, in the place of `replaces` where that is still there; 0: anew. Its number.
    [[nodiscard]] Result<std::uint32_t> show(const Notification &what, std::uint32_t replaces, Deadline deadline);
    [[nodiscard]] Result<void> close(std::uint32_t id, Deadline deadline);
    [[nodiscard]] bool has_actions() const { return actions_; }

    /// For poll(2).
    [[nodiscard]] int fd() const;
    [[nodiscard]] short events() const;
    /// Everything that has come. Errors: the bus has gone.
    [[nodiscard]] Result<std::vector<NotificationEvent>> process();

  private:
    explicit Notifications(const BusLibrary &library, BusHandle bus) : library_(&library), bus_(std::move(bus)) {}
    [[nodiscard]] Result<BusMessage> method(const char *member) const;
    [[nodiscard]] Result<BusMessage> ask(const BusMessage &message, Deadline deadline) const;
    [[nodiscard]] Result<void> listen();
    [[nodiscard]] Result<void> read_capabilities(Deadline deadline);

    const BusLibrary *library_;
    BusHandle bus_;
    std::unique_ptr<std::vector<NotificationEvent>> came_ = std::make_unique<std::vector<NotificationEvent>>();
    std::vector<BusSlot> slots_;
    bool actions_ = false, markup_ = false;
};

} // namespace dbgscope
