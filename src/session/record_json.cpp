// SPDX-License-Identifier: Apache-2.0
#include "session/record_json.hpp"

#include "render/json_reader.hpp"
#include "render/json_writer.hpp"

namespace dbgscope {

Json record_to_json(const SessionRecord &record)
{
    return JsonWriter::encode(record, {});
}

std::string record_line(const SessionRecord &record)
{
    return record_to_json(record).dump({.ascii = true, .sorted = true});
}

std::optional<SessionRecord> record_from_json(std::string_view text)
{
    const auto object = parse_json(text);
    if (!object || object->members() == nullptr)
        return std::nullopt;
    JsonReader reader({}, JsonFaults::pass_by, "", "");
    SessionRecord record;
    reader.read(*object, record);
    if (record.id.empty())
        return std::nullopt;
    record.place.debugger_leaf = record.place.divided;
    return record;
}

} // namespace dbgscope
