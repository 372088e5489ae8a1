// SPDX-License-Identifier: Apache-2.0
#include "session/listeners.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "dbgscope/bytes.hpp"
#include "probe/reader.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxTableBytes = 64 * kMiB; ///< a busy server has hundred thousands of lines of 150 bytes
constexpr std::string_view kListen = "0A";

template <class T> std::optional<T> number(std::string_view text, int base)
{
    T value = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value, base);
    if (text.empty() || code != std::errc{} || end != last)
        return std::nullopt;
    return value;
}

} // namespace

std::vector<ListeningSocket> listening_sockets(std::string_view text, std::uint16_t port)
{
    std::vector<ListeningSocket> sockets;
    while (!text.empty()) {
        //   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
        //    0: 0100007F:0929 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 35021 1 …
        std::array<std::string_view, 10> fields;
        std::string_view line = next_line(text);
        for (std::string_view &field : fields) {
            line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
            field = line.substr(0, line.find(' '));
            line.remove_prefix(field.size());
        }
        const std::string_view local = fields[1];
        if (fields[3] != kListen || number<std::uint16_t>(local.substr(local.rfind(':') + 1), 16) != port)
            continue;
        const auto uid = number<std::uint32_t>(fields[7], 10);
        const auto inode = number<std::uint64_t>(fields[9], 10);
        if (uid && inode && *inode != 0)
            sockets.push_back({*inode, *uid});
    }
    return sockets;
}

std::vector<ListeningSocket> listening_sockets(std::uint16_t port, const std::string &proc)
{
    std::vector<ListeningSocket> sockets;
    for (const char *table : {"/net/tcp", "/net/tcp6"})
        if (const auto text = read_file(proc + table, kMaxTableBytes))
            std::ranges::copy(listening_sockets(*text, port), std::back_inserter(sockets));
    return sockets;
}

std::vector<int> holders_of(const std::vector<ListeningSocket> &sockets, const std::string &proc)
{
    namespace fs = std::filesystem;
    std::vector<std::string> links;
    for (const ListeningSocket &socket : sockets)
        links.push_back(fmt::format("socket:[{}]", socket.inode));
    std::vector<int> pids;
    std::error_code code;
    for (fs::directory_iterator process(proc, code), end; !code && process != end; process.increment(code)) {
        const auto pid = number<int>(process->path().filename().string(), 10);
        if (!pid)
            continue;
        std::error_code hidden; // another user's process, or one that has ended meanwhile
        for (fs::directory_iterator fd(process->path() / "fd", hidden); !hidden && fd != end; fd.increment(hidden)) {
            std::error_code gone;
            const std::string target = fs::read_symlink(fd->path(), gone).string();
            if (gone || std::ranges::find(links, target) == links.end())
                continue;
            pids.push_back(*pid);
            break;
        }
    }
    std::ranges::sort(pids);
    return pids;
}

} // namespace dbgscope
