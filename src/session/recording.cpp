// SPDX-License-Identifier: Apache-2.0
#include "session/recording.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "render/json_reader.hpp"
#include "render/json_writer.hpp"
#include "session/record_json.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxLine = 256 * kKiB; ///< a session's record with all its verdicts is far below that
constexpr std::int64_t kLongestMs = 10LL * 365 * 24 * 3600 * 1000;
constexpr std::uint64_t kMostBytes = 1ULL << 60U; ///< what no machine has: sums of such numbers do not overflow

struct PointLine {
    RecordedPoint point;
};
void fields(auto &visit, Is<PointLine> auto &line)
{
    visit("point", line.point);
}

/// The names of a struct's fields.
struct Names {
    std::vector<std::string> names;
    void operator()(const char *name, const auto & /*value*/) { names.emplace_back(name); }
};

std::string line_of(const Json &json)
{
    return json.dump({.ascii = true}) + '\n';
}

template <class T> T decoded(const Json &json)
{
    T value{};
    JsonReader({}, JsonFaults::pass_by, "", "").read(json, value);
    return value;
}

void bound(std::int64_t &at_ms)
{
    at_ms = std::clamp<std::int64_t>(at_ms, 0, kLongestMs);
}

void bound(Limit &limit)
{
    if (limit.finite())
        limit = Limit(std::min(limit.bytes(), kMostBytes));
}

void bound(RecordedSite &site)
{
    for (std::string *name : {&site.function, &site.file})
        name->resize(std::min(name->size(), kMaxSiteName));
    site.line = std::max(site.line, 0);
    site.bytes = std::min(site.bytes, kMostBytes);
    site.share_permille = std::min(site.share_permille, 1000U);
}

void complete(SessionRecord &record)
{
    record.place.debugger_leaf = record.place.divided; // as record_from_json() has it
    bound(record.cap);
    bound(record.fuse);
    record.debuggee_peak_bytes = std::min(record.debuggee_peak_bytes, kMostBytes);
}

/// Takes the lines one by one.
class Parser {
  public:
    void take(std::string_view line)
    {
        const auto json = line.size() <= kMaxLine ? parse_json(line) : Result<Json>(fail({}));
        if (!json || !(header(*json) || point(*json) || event(*json) || end(*json)))
            ++out_.skipped;
    }
    [[nodiscard]] bool any() const { return any_; }
    Recorded finish(bool torn)
    {
        out_.torn = torn;
        const auto by_time = [](const auto &a, const auto &b) { return a.at_ms < b.at_ms; };
        std::ranges::stable_sort(out_.points, by_time);
        std::ranges::stable_sort(out_.events, by_time);
        return std::move(out_);
    }

  private:
    bool header(const Json &json)
    {
        const Json *found = json.find("recording");
        if (found == nullptr || found->members() == nullptr)
            return false;
        if (!std::exchange(headed_, true)) {
            out_.header = decoded<RecordingHeader>(*found);
            complete(out_.header.session);
            const Json *schema = found->find("schema");
            out_.newer = schema != nullptr && schema->whole<int>().value_or(0) > kRecordingSchema;
        }
        return any_ = true;
    }
    bool point(const Json &json)
    {
        const Json *found = json.find("point");
        if (found == nullptr || found->items() == nullptr || found->items()->size() < 2)
            return false;
        any_ = true;
        if (out_.points.size() >= kMaxRecordedPoints) {
            ++out_.left_out;
            return true;
        }
        auto point = decoded<PointLine>(json).point;
        bound(point.at_ms);
        point.gc_cpu_ppm = std::min<std::uint64_t>(point.gc_cpu_ppm, 1'000'000);
        for (std::uint64_t *bytes : {&point.current_bytes, &point.anon_bytes, &point.file_bytes, &point.shmem_bytes,
                                     &point.kernel_bytes, &point.stall_some_us, &point.stall_full_us, &point.gc_cycles,
                                     &point.gc_heap_bytes, &point.gc_goal_bytes, &point.gc_pause_us})
            *bytes = std::min(*bytes, kMostBytes);
        out_.points.push_back(point);
        return true;
    }
    bool event(const Json &json)
    {
        const Json *found = json.find("event");
        if (found == nullptr || found->members() == nullptr)
            return false;
        any_ = true;
        if (out_.events.size() >= kMaxRecordedEvents) {
            ++out_.left_out;
            return true;
        }
        auto event = decoded<RecordedEvent>(*found);
        bound(event.at_ms);
        for (std::optional<Limit> *limit : {&event.cap, &event.fuse})
            if (*limit)
                bound(**limit);
        event.sites.resize(std::min(event.sites.size(), kMaxRecordedSites));
        for (RecordedSite &site : event.sites)
            bound(site);
        out_.events.push_back(std::move(event));
        return true;
    }
    bool end(const Json &json)
    {
        const Json *found = json.find("end");
        if (found == nullptr || found->members() == nullptr)
            return false;
        out_.end = decoded<SessionRecord>(*found);
        complete(*out_.end);
        return any_ = true;
    }

    Recorded out_;
    bool any_ = false, headed_ = false;
};

Error unreadable(const std::string &path, std::string cause, std::string hint = "")
{
    return {.kind = ErrorKind::unsupported,
            .operation = "read",
            .subject = path,
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

} // namespace

std::string recording_line(RecordingHeader header)
{
    Names names;
    const RecordedPoint any;
    fields(names, any);
    header.columns = std::move(names.names);
    return line_of({{"recording", JsonWriter::encode(header, {})}});
}

std::string recording_line(const RecordedPoint &point)
{
    return line_of(JsonWriter::encode(PointLine{point}, {}));
}

std::string recording_line(const RecordedEvent &event)
{
    const Json whole = JsonWriter::encode(event, {});
    Json kept = Json::object();
    for (const JsonMember &member : *whole.members())
        if (!member.value.is_null() && (member.name != "text" || !event.text.empty()) &&
            (member.name != "sites" || !event.sites.empty()))
            kept[member.name] = member.value;
    return line_of({{"event", std::move(kept)}});
}

std::string recording_end_line(const SessionRecord &record)
{
    return line_of({{"end", record_to_json(record)}});
}

Result<Recorded> parse_recording(std::string_view text)
{
    Parser parser;
    const bool torn = !text.empty() && !text.ends_with('\n');
    while (!text.empty())
        if (const std::string_view line = next_line(text); !line.empty())
            parser.take(line);
    if (!parser.any())
        return fail({.kind = ErrorKind::config,
                     .operation = "read",
                     .subject = "the recording",
                     .cause = "no line of it is one of a recording",
                     .hint = "dbgscope history names the recordings of past sessions"});
    return parser.finish(torn);
}

Result<Recorded> read_recording(const std::string &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return fail(errno_error(errno, "read", path));
    if (!S_ISREG(status.st_mode)) // opening a fifo would wait for a writer
        return fail(unreadable(path, "it is no regular file"));
    if (std::cmp_greater(status.st_size, kMaxRecordingBytes))
        return fail(unreadable(path, fmt::format("it is larger than {}", format_bytes(kMaxRecordingBytes)),
                               "no recording is; is it one of dbgscope?"));
    const auto text = read_file(path, kMaxRecordingBytes);
    if (!text)
        return fail(text.error());
    auto recorded = parse_recording(*text);
    if (!recorded)
        recorded.error().subject = path;
    return recorded;
}

} // namespace dbgscope
