// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/session.hpp"

namespace dbgscope {

inline constexpr const char *kJournalSocket = "/run/systemd/journal/socket";

/// The entry as journald's native protocol wants it (systemd.io/JOURNAL_NATIVE_PROTOCOL): MESSAGE, PRIORITY,
/// SYSLOG_IDENTIFIER=dbgscope, DBGSCOPE_SESSION, one DBGSCOPE_VERDICT per verdict, counts in DBGSCOPE_OOM_KILL and the
/// like. Long values are cut: a datagram has to fit into the socket's buffer.
[[nodiscard]] std::string journal_entry(const SessionRecord &record);

/// Sends the entry of an ended session. One datagram with MSG_DONTWAIT: sd_journal_sendv(3) would wait for a journald
/// that does not read. False: no journald, or it did not take it; nobody needs to be told.
bool send_to_journal(const SessionRecord &record, const char *socket_path = kJournalSocket);

} // namespace dbgscope
