// SPDX-License-Identifier: Apache-2.0
#include "session/listeners.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <span>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxTableBytes = 64 * kMiB; ///< a busy server has hundred thousands of lines of 150 bytes
constexpr std::string_view kListen = "0A";        // include/net/tcp_states.h
constexpr std::string_view kEstablished = "01", kCloseWait = "08"; // the second: its client has gone

using States = std::span<const std::string_view>;
constexpr std::array kListening{kListen};
constexpr std::array kConnected{kEstablished, kCloseWait};

template <class T> std::optional<T> number(std::string_view text, int base)
{
    T value = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value, base);
    if (text.empty() || code != std::errc{} || end != last)
        return std::nullopt;
    return value;
}

struct TcpLine {
    PortSocket socket;
    std::uint16_t port = 0;
    std::string_view state;
};

///   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
///    0: 0100007F:0929 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 35021 1 …
std::optional<TcpLine> tcp_line(std::string_view line)
{
    std::array<std::string_view, 10> fields;
    for (std::string_view &field : fields) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        field = line.substr(0, line.find(' '));
        line.remove_prefix(field.size());
    }
    const auto port = number<std::uint16_t>(fields[1].substr(fields[1].rfind(':') + 1), 16);
    const auto uid = number<std::uint32_t>(fields[7], 10);
    const auto inode = number<std::uint64_t>(fields[9], 10);
    if (!port || !uid || !inode || *inode == 0)
        return std::nullopt;
    return TcpLine{{*inode, *uid}, *port, fields[3]};
}

std::vector<PortSocket> in_table(std::string_view text, std::uint16_t port, States states)
{
    std::vector<PortSocket> sockets;
    while (!text.empty())
        if (const auto line = tcp_line(next_line(text));
            line && line->port == port && std::ranges::find(states, line->state) != states.end())
            sockets.push_back(line->socket);
    return sockets;
}

std::vector<PortSocket> in_both_tables(const std::string &proc, std::uint16_t port, States states)
{
    std::vector<PortSocket> sockets;
    for (const char *table : kTcpTables)
        if (const auto text = read_file(proc + table, kMaxTableBytes))
            std::ranges::copy(in_table(*text, port, states), std::back_inserter(sockets));
    return sockets;
}

std::string socket_link(const PortSocket &socket)
{
    return fmt::format("socket:[{}]", socket.inode);
}

} // namespace

std::vector<PortSocket> listening_sockets(std::string_view text, std::uint16_t port)
{
    return in_table(text, port, kListening);
}

std::vector<PortSocket> listening_sockets(std::uint16_t port, const std::string &proc)
{
    return in_both_tables(proc, port, kListening);
}

std::vector<PortSocket> connected_sockets(std::string_view text, std::uint16_t port)
{
    return in_table(text, port, kConnected);
}

std::vector<PortSocket> connected_sockets(std::uint16_t port, const std::string &proc)
{
    return in_both_tables(proc, port, kConnected);
}

std::vector<int> holders_of(const std::vector<PortSocket> &sockets, const std::string &proc)
{
    namespace fs = std::filesystem;
    std::vector<std::string> links;
    for (const PortSocket &socket : sockets)
        links.push_back(socket_link(socket));
    std::vector<int> pids;
    std::error_code code;
    for (fs::directory_iterator process(proc, code), end; !code && process != end; process.increment(code)) {
        const auto pid = number<int>(process->path().filename().string(), 10);
        if (!pid)
            continue;
        const auto targets = descriptor_targets(*pid, proc);
        if (targets && std::ranges::find_first_of(*targets, links) != targets->end())
            pids.push_back(*pid);
    }
    std::ranges::sort(pids);
    return pids;
}

std::optional<bool> is_connected(int pid, const std::string &proc)
{
    const auto targets = descriptor_targets(pid, proc);
    if (!targets)
        return std::nullopt;
    for (const char *table : kTcpTables) { // of its own network namespace
        const auto text = read_file(fmt::format("{}/{}{}", proc, pid, table), kMaxTableBytes);
        for (std::string_view rest = text ? std::string_view(*text) : ""; !rest.empty();) {
            const auto line = tcp_line(next_line(rest));
            if (line && line->state != kListen &&
                std::ranges::find(*targets, socket_link(line->socket)) != targets->end())
                return true;
        }
    }
    return false;
}

} // namespace dbgscope
