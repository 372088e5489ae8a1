// SPDX-License-Identifier: Apache-2.0
#include "sys/bus_value.hpp"

namespace dbgscope {
namespace {

struct ValueWriter {
    BusWriter &out;
    void variant(const char *signature, auto &&write)
    {
        out.open('v', signature);
        write();
        out.close();
    }
    void operator()(bool value)
    {
        variant("b", [&] { out.truth(value); });
    }
    void operator()(std::int32_t value)
    {
        variant("i", [&] { out.basic('i', &value); });
    }
    void operator()(std::uint32_t value)
    {
        variant("u", [&] { out.basic('u', &value); });
    }
    void operator()(std::uint64_t value)
    {
        variant("t", [&] { out.basic('t', &value); });
    }
    void operator()(const std::string &value)
    {
        variant("s", [&] { out.text(value); });
    }
    void operator()(const std::vector<std::string> &value)
    {
        variant("as", [&] { out.texts(value); });
    }
    void operator()(const std::vector<std::uint8_t> &value)
    {
        variant("ay", [&] { out.bytes(value); });
    }
    void operator()(const std::vector<PathLimit> &value)
    {
        variant("a(st)", [&] {
            out.structs("st", value, [&](const PathLimit &item) {
                out.text(item.path);
                out.basic('t', &item.value);
            });
        });
    }
    void operator()(const std::vector<StringPair> &value)
    {
        variant("a(ss)", [&] {
            out.structs("ss", value, [&](const StringPair &item) {
                out.text(item.first);
                out.text(item.second);
            });
        });
    }
    void operator()(const std::vector<AddressPrefix> &value)
    {
        variant("a(iayu)", [&] {
            out.structs("iayu", value, [&](const AddressPrefix &item) {
                out.basic('i', &item.family);
                out.bytes(item.address);
                out.basic('u', &item.prefix);
            });
        });
    }
    void operator()(const NameFilter &value)
    {
        variant("(bas)", [&] {
            out.open('r', "bas");
            out.truth(value.allow);
            out.texts(value.names);
            out.close();
        });
    }
    void operator()(const std::vector<SocketBind> &value)
    {
        variant("a(iiqq)", [&] {
            out.structs("iiqq", value, [&](const SocketBind &item) {
                out.basic('i', &item.family);
                out.basic('i', &item.protocol);
                out.basic('q', &item.count);
                out.basic('q', &item.first);
            });
        });
    }
    void operator()(const std::vector<UnitCondition> &value)
    {
        variant("a(sbbs)", [&] {
            out.structs("sbbs", value, [&](const UnitCondition &item) {
                out.text(item.name);
                out.truth(item.trigger);
                out.truth(item.negate);
                out.text(item.parameter);
            });
        });
    }
    void operator()(const std::vector<NftSet> &value)
    {
        variant("a(iiss)", [&] {
            out.structs("iiss", value, [&](const NftSet &item) {
                out.basic('i', &item.source);
                out.basic('i', &item.protocol);
                out.text(item.table);
                out.text(item.set);
            });
        });
    }
};

} // namespace

void BusWriter::property(const std::string &name, const BusValue &value)
{
    open('r', "sv");
    text(name);
    std::visit(ValueWriter{*this}, value);
    close();
}

} // namespace dbgscope
