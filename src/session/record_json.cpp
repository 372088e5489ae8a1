// SPDX-License-Identifier: Apache-2.0
#include "session/record_json.hpp"

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

using nlohmann::json;

/// Calls `field(key, member)` for everything in a record: one list for both directions. `Record` may be const.
template <class Field, class Record> void each_field(Field &field, Record &record)
{
    field("id", record.id);
    field("backend", record.backend);
    field("tool", record.tool);
    field("command", record.command);
    field("directory", record.directory);
    field("boot_id", record.boot_id);
    field("pid_namespace", record.pid_namespace);
    field("uid", record.uid);
    field("debugger", record.debugger);
    field("watcher", record.watcher);
    field("started_unix_s", record.started_unix_s);
    field("duration_ms", record.duration_ms);
    field("cgroup_version", record.place.version);
    field("scope_directory", record.place.scope);
    field("unified_directory", record.place.unified);
    field("split", record.place.divided);
    field("cap_bytes", record.cap);
    field("fuse_bytes", record.fuse);
    field("scope_limit_bytes", record.scope_limit);
    field("go_version", record.go_version);
    field("heap_profile", record.heap_profile);
    field("state", record.state);
    field("debuggees", record.debuggees);
    field("debuggee_peak_bytes", record.debuggee_peak_bytes);
    field("debugger_peak_bytes", record.debugger_peak_bytes);
    field("events", record.counts);
    field("stall_some_us", record.stall_some_us);
    field("stall_full_us", record.stall_full_us);
    field("fuse_trips", record.fuse_trips);
    field("verdicts", record.verdicts);
    field("unsaid", record.unsaid);
    field("exit_status", record.exit_status);
}

template <class Field, class Id>
    requires std::same_as<std::remove_const_t<Id>, ProcessId>
void each_field(Field &field, Id &id)
{
    field("pid", id.pid);
    field("start_ticks", id.start_ticks);
}

template <class Field, class Counts>
    requires std::same_as<std::remove_const_t<Counts>, MemoryCounts>
void each_field(Field &field, Counts &counts)
{
    field("high", counts.high);
    field("max", counts.max);
    field("oom", counts.oom);
    field("oom_kill", counts.oom_kill);
}

struct Writer {
    json object = json::object();

    void operator()(const char *key, const auto &value) { object[key] = encode(value); }

    static json encode(std::integral auto value) { return value; }
    static json encode(const std::string &text)
    {
        if (is_utf8(text))
            return text;
        return {{"escaped", escape_bytes(text)}};
    }
    static json encode(const Limit &limit) { return limit.finite() ? json(limit.bytes()) : json("infinity"); }
    static json encode(SessionState state) { return state_name(state); }
    static json encode(const std::optional<int> &value) { return value ? json(*value) : json(nullptr); }
    template <class T> static json encode(const std::vector<T> &list)
    {
        json array = json::array();
        for (const T &item : list)
            array.push_back(encode(item));
        return array;
    }
    template <class T>
        requires std::same_as<T, ProcessId> || std::same_as<T, MemoryCounts> || std::same_as<T, SessionRecord>
    static json encode(const T &value)
    {
        Writer writer;
        each_field(writer, value);
        return std::move(writer.object);
    }
};

/// Takes what has the right shape and range and leaves the rest alone.
struct Reader {
    const json &object;

    void operator()(const char *key, auto &value)
    {
        if (const auto found = object.find(key); found != object.end())
            decode(*found, value);
    }

    static void decode(const json &node, bool &value)
    {
        if (node.is_boolean())
            value = node.get<bool>();
    }
    template <std::integral T> static void decode(const json &node, T &value)
    {
        if (node.is_number_unsigned()) {
            if (const auto number = node.get<std::uint64_t>(); std::in_range<T>(number))
                value = static_cast<T>(number);
        } else if (node.is_number_integer()) {
            if (const auto number = node.get<std::int64_t>(); std::in_range<T>(number))
                value = static_cast<T>(number);
        }
    }
    static void decode(const json &node, std::string &value)
    {
        if (node.is_string()) {
            value = node.get<std::string>();
            return;
        }
        const auto escaped = node.is_object() ? node.find("escaped") : node.end();
        if (!node.is_object() || escaped == node.end() || !escaped->is_string())
            return;
        if (auto bytes = unescape_bytes(escaped->get_ref<const std::string &>()))
            value = std::move(*bytes);
    }
    static void decode(const json &node, Limit &value)
    {
        if (node.is_number_unsigned())
            value = Limit(node.get<std::uint64_t>());
    }
    static void decode(const json &node, SessionState &value)
    {
        if (!node.is_string())
            return;
        for (const SessionState state : {SessionState::running, SessionState::throttled, SessionState::held,
                                         SessionState::stopped, SessionState::ended})
            if (node.get_ref<const std::string &>() == state_name(state))
                value = state;
    }
    static void decode(const json &node, std::optional<int> &value)
    {
        if (node.is_number_integer())
            decode(node, value.emplace());
    }
    template <class T> static void decode(const json &node, std::vector<T> &list)
    {
        if (!node.is_array())
            return;
        for (const json &item : node)
            decode(item, list.emplace_back());
    }
    template <class T>
        requires std::same_as<T, ProcessId> || std::same_as<T, MemoryCounts> || std::same_as<T, SessionRecord>
    static void decode(const json &node, T &value)
    {
        if (!node.is_object())
            return;
        Reader reader{node};
        each_field(reader, value);
    }
};

} // namespace

json record_to_json(const SessionRecord &record)
{
    json object = Writer::encode(record);
    object["schema"] = kRecordSchema;
    return object;
}

std::string record_line(const SessionRecord &record)
{
    return record_to_json(record).dump(-1, ' ', true); // ASCII only
}

std::optional<SessionRecord> record_from_json(std::string_view text)
{
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object())
        return std::nullopt;
    SessionRecord record;
    Reader::decode(object, record);
    if (record.id.empty())
        return std::nullopt;
    record.place.debugger_leaf = record.place.divided;
    return record;
}

} // namespace dbgscope
