// SPDX-License-Identifier: Apache-2.0
#include "watch/gc_watch.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>

namespace dbgscope {
namespace {

constexpr std::array<std::string_view, GcPlaces::count> kNames{"heap",   "goal",   "last_goal", "limit",
                                                               "cycles", "pauses", "share"};
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::int64_t>::max(); ///< runtime: math.MaxInt64 is off

/// "c000012:8"
std::optional<GcPlaces::Place> read_place(std::string_view text)
{
    GcPlaces::Place place;
    const char *const end = text.data() + text.size();
    const auto [colon, address] = std::from_chars(text.data(), end, place.at, 16);
    if (address != std::errc{} || colon == end || *colon != ':')
        return std::nullopt;
    const auto [last, size] = std::from_chars(colon + 1, end, place.bytes);
    if (size != std::errc{} || last != end || place.bytes == 0 || place.bytes > sizeof(std::uint64_t))
        return std::nullopt;
    return place;
}

/// runtime.memstats.gc_cpu_fraction, a float64, as of the last cycle.
std::uint64_t millionths(const GcPlaces &where, std::uint64_t bits)
{
    const auto fraction = std::bit_cast<double>(bits);
    if (where.places[GcPlaces::share].bytes != sizeof fraction || !(fraction > 0 && fraction <= 1)) // a NaN, too
        return 0;
    return static_cast<std::uint64_t>(fraction * 1e6 + 0.5);
}

} // namespace

GcPlaces GcPlaces::parse(std::string_view text)
{
    GcPlaces out;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const auto equals = word.find('=');
        const auto name = std::ranges::find(kNames, word.substr(0, equals));
        if (name == kNames.end() || equals == std::string_view::npos)
            continue;
        if (const auto place = read_place(word.substr(equals + 1)))
            out.places[static_cast<std::size_t>(name - kNames.begin())] = *place;
    }
    return out;
}

bool GcPlaces::any() const
{
    return std::ranges::any_of(places, [](const Place &place) { return place.bytes != 0; });
}

void GcWatch::follow(pid_t pid)
{
    if (pid == pid_)
        return;
    pid_ = pid;
    asked_ = false;
    places_ = {};
    look_.end();
}

void GcWatch::find()
{
    asked_ = true;
    (void)look_.start({.pid = pid_, .session = {}, .gc_places = true, .directory = {}}); // else nothing is known
}

void GcWatch::take()
{
    if (const LookNews news = look_.read(); !news.gc_places.empty())
        places_ = GcPlaces::parse(news.gc_places);
}

std::optional<GcState> read_gc(pid_t pid, const GcPlaces &where)
{
    std::array<std::uint64_t, GcPlaces::count> values{};
    std::array<iovec, GcPlaces::count> here{}, there{};
    std::size_t count = 0, bytes = 0;
    for (std::size_t i = 0; i < GcPlaces::count; ++i)
        if (const GcPlaces::Place &place = where.places[i]; place.bytes != 0) {
            here[count] = {.iov_base = &values[i], .iov_len = place.bytes}; // little endian: the rest stays 0
            there[count++] = {.iov_base = reinterpret_cast<void *>(place.at), .iov_len = place.bytes}; // NOLINT
            bytes += place.bytes;
        }
    if (count == 0 ||
        ::process_vm_readv(pid, here.data(), count, there.data(), count, 0) != static_cast<ssize_t>(bytes))
        return std::nullopt;
    // GOGC's goal, or what GOMEMLIMIT has left of it in the last cycle: as read_go_gc() has it.
    std::uint64_t goal = values[GcPlaces::goal] != 0 ? values[GcPlaces::goal] : values[GcPlaces::last_goal];
    if (values[GcPlaces::limit] < kNoLimit && values[GcPlaces::limit] != 0 && values[GcPlaces::last_goal] != 0)
        goal = std::min(goal, values[GcPlaces::last_goal]);
    return GcState{.cycles = values[GcPlaces::cycles],
                   .heap_bytes = values[GcPlaces::heap],
                   .goal_bytes = goal < kNoLimit ? goal : 0, // GOGC=off
                   .pause_ns = values[GcPlaces::pauses],
                   .cpu_ppm = millionths(where, values[GcPlaces::share])};
}

} // namespace dbgscope
