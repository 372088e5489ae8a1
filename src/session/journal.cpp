// SPDX-License-Identifier: Apache-2.0
#include "session/journal.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "sys/fd.hpp"
#include "text/secrets.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxValueBytes = 4096;
constexpr std::size_t kMaxEntryBytes = 128 * 1024; ///< net.core.wmem_default is 212992 on most machines
constexpr int kInfo = 6, kNotice = 5;              ///< syslog(3) priorities

/// "KEY=value\n", or "KEY\n", the length as 64 bit little-endian, the value and "\n" where the value has newlines.
void add(std::string &entry, std::string_view key, std::string_view value)
{
    value = value.substr(0, kMaxValueBytes);
    if (entry.size() + key.size() + value.size() > kMaxEntryBytes)
        return;
    entry += key;
    if (value.find('\n') == std::string_view::npos) {
        entry += '=';
    } else {
        entry += '\n';
        for (unsigned shift = 0; shift < 64; shift += 8)
            entry += static_cast<char>(value.size() >> shift & 0xffU);
    }
    entry += value;
    entry += '\n';
}

void add(std::string &entry, std::string_view key, std::integral auto value)
{
    add(entry, key, std::string_view(fmt::to_string(value)));
}

std::string message(const SessionRecord &record)
{
    std::string text =
        fmt::format("session {} ({}) ended after {} s", record.id, record.tool, record.duration_ms / 1000);
    for (const std::string &verdict : record.verdicts)
        text += "; " + verdict;
    return text;
}

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : without_secrets(words))
        (text += text.empty() ? "" : " ") += word;
    return text;
}

} // namespace

std::string journal_entry(const SessionRecord &record)
{
    std::string entry;
    add(entry, "MESSAGE", message(record));
    add(entry, "PRIORITY", record.verdicts.empty() ? kInfo : kNotice);
    add(entry, "SYSLOG_IDENTIFIER", "dbgscope");
    add(entry, "DBGSCOPE_SESSION", record.id);
    add(entry, "DBGSCOPE_TOOL", record.tool);
    add(entry, "DBGSCOPE_BACKEND", record.backend);
    add(entry, "DBGSCOPE_DEBUGGER_PID", record.debugger.pid);
    add(entry, "DBGSCOPE_DURATION_MS", record.duration_ms);
    add(entry, "DBGSCOPE_CAP", format_limit(record.cap));
    const std::pair<std::string_view, std::uint64_t> counts[] = {
        {"DBGSCOPE_DEBUGGEE_PEAK_BYTES", record.debuggee_peak_bytes},
        {"DBGSCOPE_DEBUGGER_PEAK_BYTES", record.debugger_peak_bytes},
        {"DBGSCOPE_HIGH", record.counts.high},
        {"DBGSCOPE_MAX", record.counts.max},
        {"DBGSCOPE_OOM", record.counts.oom},
        {"DBGSCOPE_OOM_KILL", record.counts.oom_kill},
        {"DBGSCOPE_STALL_SOME_US", record.stall_some_us},
        {"DBGSCOPE_STALL_FULL_US", record.stall_full_us},
        {"DBGSCOPE_FUSE_TRIPS", record.fuse_trips}};
    for (const auto &[key, value] : counts)
        add(entry, key, value);
    if (record.exit_status)
        add(entry, "DBGSCOPE_EXIT_STATUS", *record.exit_status);
    for (const std::string &verdict : record.verdicts)
        add(entry, "DBGSCOPE_VERDICT", verdict);
    add(entry, "DBGSCOPE_COMMAND", joined(record.command));
    return entry;
}

bool send_to_journal(const SessionRecord &record, const char *socket_path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(socket_path);
    if (length >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, socket_path, length);
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid())
        return false;
    const std::string entry = journal_entry(record);
    const auto *const name = reinterpret_cast<const sockaddr *>(&address); // NOLINT: as bind(2) and its kin want it
    return ::sendto(socket.get(), entry.data(), entry.size(), MSG_DONTWAIT | MSG_NOSIGNAL, name, sizeof address) ==
           static_cast<ssize_t>(entry.size());
}

} // namespace dbgscope
