// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"

// A session's recording: JSON lines, each an object of one member that says what the line is.
//
//   {"recording": {"schema": 1, …, "session": {…}}}     the first line
//   {"point": [1532, 12681216, …]}                      the columns stand in the first line
//   {"event": {"at_ms": 1532, "kind": "said", …}}
//   {"end": {…}}                                        the session's record, as the history has it
namespace dbgscope {

inline constexpr int kRecordingSchema = 1;

/// What the memory of the debuggee (without a split: of the session) was at one moment. Bytes.
struct RecordedPoint {
    std::int64_t at_ms = 0; ///< since the recording began, CLOCK_MONOTONIC
    std::uint64_t current_bytes = 0;
    std::uint64_t anon_bytes = 0, file_bytes = 0, shmem_bytes = 0, kernel_bytes = 0; ///< kernel: 0 on v1
    std::uint64_t high = 0, max = 0, oom_kill = 0;      ///< MemoryCounts of the same cgroup since its start
    std::uint64_t stall_some_us = 0, stall_full_us = 0; ///< memory.pressure totals of the scope
    /// Of Go's collector, since the program's start; 0: not known.
    std::uint64_t gc_cycles = 0, gc_heap_bytes = 0, gc_goal_bytes = 0, gc_pause_us = 0;
    std::uint64_t gc_cpu_ppm = 0; ///< of the processor time it could have had, millionths
    bool operator==(const RecordedPoint &) const = default;
};
template <> inline constexpr bool kFieldsAreList<RecordedPoint> = true;

enum class RecordedKind : std::uint8_t {
    debuggee, ///< a program that is debugged has started
    ended,    ///< it has ended
    state,    ///< held, stopped, …: `state`
    cap,      ///< cap and fuse line have changed
    said,     ///< a line for people
    verdict,  ///< on a kill
    clock,    ///< the calendar clock was set, or the machine slept
    full,     ///< the recording has reached its largest size: points are left out from here on
    snapshot, ///< one was taken, at a trip or by hand: `text` is its directory
    unknown,  ///< of a newer version
};
constexpr std::array<Named<RecordedKind>, 9> enum_names(RecordedKind)
{
    return {{{RecordedKind::debuggee, "debuggee"},
             {RecordedKind::ended, "ended"},
             {RecordedKind::state, "state"},
             {RecordedKind::cap, "cap"},
             {RecordedKind::said, "said"},
             {RecordedKind::verdict, "verdict"},
             {RecordedKind::clock, "clock"},
             {RecordedKind::full, "full"},
             {RecordedKind::snapshot, "snapshot"}}};
}

/// One line of code that held memory, or had grown it.
struct RecordedSite {
    std::string function, file; ///< file: as the compiler wrote it; empty: unknown
    int line = 0;               ///< 0: unknown
    std::uint64_t bytes = 0;
    std::uint32_t share_permille = 0; ///< of all that is known
    bool operator==(const RecordedSite &) const = default;
};

/// Members that a kind has no use for stay empty, and are not written.
struct RecordedEvent {
    std::int64_t at_ms = 0;
    RecordedKind kind = RecordedKind::unknown;
    std::string text;
    std::optional<int> pid;
    std::optional<std::int64_t> realtime_ms; ///< of `clock`: what at_ms is on the calendar from here on
    std::optional<SessionState> state;
    std::optional<Limit> cap, fuse;
    std::vector<RecordedSite> sites; ///< of `snapshot`, the largest first
    bool operator==(const RecordedEvent &) const = default;
};

struct RecordingHeader {
    std::string writer;                             ///< "dbgscope 0.1.0"
    std::int64_t realtime_ms = 0, monotonic_ms = 0; ///< both clocks where at_ms is 0
    std::vector<std::string> columns;
    SessionRecord session; ///< as it was then
    bool operator==(const RecordingHeader &) const = default;
};

void fields(auto &visit, Is<RecordedPoint> auto &point)
{
    visit("at_ms", point.at_ms);
    visit("current_bytes", point.current_bytes);
    visit("anon_bytes", point.anon_bytes);
    visit("file_bytes", point.file_bytes);
    visit("shmem_bytes", point.shmem_bytes);
    visit("kernel_bytes", point.kernel_bytes);
    visit("high", point.high);
    visit("max", point.max);
    visit("oom_kill", point.oom_kill);
    visit("stall_some_us", point.stall_some_us);
    visit("stall_full_us", point.stall_full_us);
    visit("gc_cycles", point.gc_cycles);
    visit("gc_heap_bytes", point.gc_heap_bytes);
    visit("gc_goal_bytes", point.gc_goal_bytes);
    visit("gc_pause_us", point.gc_pause_us);
    visit("gc_cpu_ppm", point.gc_cpu_ppm);
}

void fields(auto &visit, Is<RecordedSite> auto &site)
{
    visit("function", site.function);
    visit("file", site.file);
    visit("line", site.line);
    visit("bytes", site.bytes);
    visit("share_permille", site.share_permille);
}

void fields(auto &visit, Is<RecordedEvent> auto &event)
{
    visit("at_ms", event.at_ms);
    visit("kind", event.kind);
    visit("text", event.text);
    visit("pid", event.pid);
    visit("realtime_ms", event.realtime_ms);
    visit("state", event.state);
    visit("cap_bytes", event.cap);
    visit("fuse_bytes", event.fuse);
    visit("sites", event.sites);
}

void fields(auto &visit, Is<RecordingHeader> auto &header)
{
    visit.schema(kRecordingSchema);
    visit("writer", header.writer);
    visit("realtime_ms", header.realtime_ms);
    visit("monotonic_ms", header.monotonic_ms);
    visit("columns", header.columns);
    visit("session", header.session);
}

/// One line each, ASCII only, with its newline. `header.columns` is filled in.
[[nodiscard]] std::string recording_line(RecordingHeader header);
[[nodiscard]] std::string recording_line(const RecordedPoint &point);
[[nodiscard]] std::string recording_line(const RecordedEvent &event);
[[nodiscard]] std::string recording_end_line(const SessionRecord &record);

/// What is left of a recording, whoever wrote it: in the order of time, every number within bounds.
struct Recorded {
    RecordingHeader header;
    std::vector<RecordedPoint> points;
    std::vector<RecordedEvent> events;
    std::optional<SessionRecord> end; ///< nothing: it runs, or its watcher was killed
    bool newer = false;               ///< of a newer version: what is not understood is left out
    bool torn = false;                ///< the last line is not whole
    std::uint64_t skipped = 0;        ///< lines that are not understood
    std::uint64_t left_out = 0;       ///< points and events beyond kMaxRecorded…
};

inline constexpr std::size_t kRecordingMaxBytes = 8 * kMiB;  ///< beyond it only the end is written
inline constexpr std::size_t kMaxRecordingBytes = 32 * kMiB; ///< that are read
inline constexpr std::size_t kMaxRecordedPoints = 400'000, kMaxRecordedEvents = 20'000;
inline constexpr std::size_t kMaxRecordedSites = 8, kMaxSiteName = 512; ///< of a snapshot; of a function and a file

/// Errors: config (not one line of it is a recording's).
[[nodiscard]] Result<Recorded> parse_recording(std::string_view text);

/// Errors: not_found, denied, unsupported (no regular file, too large), config.
[[nodiscard]] Result<Recorded> read_recording(const std::string &path);

} // namespace dbgscope
