// SPDX-License-Identifier: Apache-2.0
#include "render/facts_json.hpp"

#include "render/json_reader.hpp"
#include "render/json_writer.hpp"

namespace dbgscope {
namespace {

constexpr const char *kHint = "`dbgscope status --json` writes a good one";

/// What code that uses Facts relies on (facts.hpp).
void check_promises(JsonReader &reader, const MemoryHierarchy &memory)
{
    if (memory.version < 0 || memory.version > 2)
        reader.wrong("/cgroup/memory/version", "expected 0, 1 or 2");
    if (memory.version != 0 && memory.chain.empty())
        reader.wrong("/cgroup/memory/chain", "empty although version is not 0");
    if (memory.binding && *memory.binding >= memory.chain.size())
        reader.wrong("/cgroup/memory/binding", "no such level in chain");
}

} // namespace

std::string facts_json_text(const Facts &facts)
{
    return JsonWriter::encode(facts, {}).dump({.indent = 2, .ascii = true, .sorted = true}) + '\n';
}

Result<Facts> facts_from_json(std::string_view text)
{
    auto document = parse_json(text);
    if (!document) {
        document.error().operation = "read facts";
        document.error().hint = kHint;
        return pass(document);
    }
    JsonReader reader({}, JsonFaults::fail, "read facts", kHint);
    Facts facts;
    reader.read(*document, facts);
    check_promises(reader, facts.cgroup.memory);
    if (reader.error())
        return fail(*reader.error());
    return facts;
}

} // namespace dbgscope
