// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Who listens on a TCP port. Read from /proc: connecting would make a debugger take us for its client.
namespace dbgscope {

/// A TCP socket whose local port was asked for.
struct PortSocket {
    std::uint64_t inode = 0;
    std::uint32_t uid = 0; ///< who made it
    bool operator==(const PortSocket &) const = default;
};

/// Sockets in state LISTEN on `port` in the text of /proc/net/tcp or /proc/net/tcp6. Malformed lines are passed over.
[[nodiscard]] std::vector<PortSocket> listening_sockets(std::string_view text, std::uint16_t port);

/// Both tables of our network namespace.
[[nodiscard]] std::vector<PortSocket> listening_sockets(std::uint16_t port, const std::string &proc = "/proc");

/// Connections whose own end is `port` and not closed: dlv stops listening once its one client is there.
[[nodiscard]] std::vector<PortSocket> connected_sockets(std::string_view text, std::uint16_t port);
[[nodiscard]] std::vector<PortSocket> connected_sockets(std::uint16_t port, const std::string &proc = "/proc");

/// True when the process has a TCP socket that is no listening one: somebody has reached it, or it has reached
/// somebody. Nothing: it cannot be looked into.
[[nodiscard]] std::optional<bool> is_connected(int pid, const std::string &proc = "/proc");

/// Every process that has one of `sockets` open and lets us see it.
[[nodiscard]] std::vector<int> holders_of(const std::vector<PortSocket> &sockets, const std::string &proc = "/proc");

} // namespace dbgscope
