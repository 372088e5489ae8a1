// SPDX-License-Identifier: Apache-2.0
#include "session/history_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "session/record_json.hpp"
#include "session/record_scan.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// The start in a line that we have written: keys are in order there, and this one stands near the end. A command may
/// hold the same words, but with its quotes escaped. Nothing: to be found by reading it all.
std::optional<std::int64_t> quick_start(std::string_view line)
{
    constexpr std::string_view kKey = ",\"started_unix_s\":";
    const auto at = line.rfind(kKey);
    std::int64_t value = 0;
    if (at == std::string_view::npos ||
        std::from_chars(line.data() + at + kKey.size(), line.data() + line.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

} // namespace

History parse_history(std::string_view text, std::int64_t since_unix_s)
{
    History history;
    if (since_unix_s <= 0) // a record is large to move, and none is shorter than half a kilobyte
        history.sessions.reserve(std::min<std::size_t>(std::ranges::count(text, '\n'), text.size() / 512));
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        if (line.empty() || (since_unix_s > 0 && quick_start(line).value_or(since_unix_s) < since_unix_s))
            continue;
        auto record = scan_record(line);
        if (!record)
            record = record_from_json(line);
        if (!record)
            ++history.skipped;
        else if (record->started_unix_s >= since_unix_s)
            history.sessions.push_back(std::move(*record));
    }
    if (!std::ranges::is_sorted(history.sessions, {}, &SessionRecord::started_unix_s)) // as they are where none overlap
        std::ranges::stable_sort(history.sessions, {}, &SessionRecord::started_unix_s);
    return history;
}

Result<History> read_history(const std::string &path, std::int64_t since_unix_s)
{
    struct stat status{};
    if (path.empty() || (::stat(path.c_str(), &status) != 0 && errno == ENOENT))
        return History{};
    const auto refuse = [&path](std::string cause) {
        return fail({.kind = ErrorKind::unsupported, .operation = "read", .subject = path, .cause = std::move(cause)});
    };
    if (!S_ISREG(status.st_mode))
        return refuse("it is no regular file");
    if (std::cmp_greater(status.st_size, kMaxHistoryBytes))
        return refuse(fmt::format("it is larger than {}", format_bytes(kMaxHistoryBytes)));
    const auto text = read_file(path, kMaxHistoryBytes);
    if (!text)
        return fail(text.error());
    return parse_history(*text, since_unix_s);
}

} // namespace dbgscope
