// SPDX-License-Identifier: Apache-2.0
#include "plan/property/readers.hpp"

#include <fmt/core.h>

#include "plan/property/values.hpp"

namespace dbgscope::readers {
namespace {

using values::Parsed;

template <class T> Property make(Text bus_name, T value)
{
    return ScopeProperty{std::string(bus_name), std::move(value)};
}

template <class T> Property sent(Text bus_name, Parsed<T> value)
{
    if (!value)
        return std::unexpected(std::move(value.error()));
    return make(bus_name, std::move(*value));
}

/// A share of memory or of all tasks: systemd resolves it where the manager runs.
Property scaled(Form form, Text bus_name, Text value)
{
    const auto share = values::permyriad(value);
    if (!share)
        return std::unexpected(share.error());
    if (*share < form.minimum)
        return std::unexpected("zero is not possible here");
    return make(std::string(bus_name) + "Scale", values::scale_from_permyriad(*share));
}

Property limit(Form form, Text bus_name, Text value, auto &&read)
{
    if (value.empty())
        return make(bus_name, form.empty_value);
    if (value == "infinity")
        return make(bus_name, PropertyForm::kInfinite);
    if (values::is_percentage(value))
        return scaled(form, bus_name, value);
    const Parsed<std::uint64_t> amount = read(value);
    if (amount && *amount < form.minimum)
        return std::unexpected("zero is not possible here");
    return sent(bus_name, amount);
}

/// "/dev/sda 10M": the device's path, and what follows the first blank.
Property per_device(Text bus_name, Text value, auto &&read)
{
    if (value.empty())
        return make(bus_name, std::vector<PathLimit>{});
    const auto blank = value.find(' ');
    if (!value.starts_with('/'))
        return std::unexpected("the path is not absolute");
    if (blank == Text::npos)
        return std::unexpected("the value after the path is missing");
    const Text amount = value.substr(blank + 1);
    const Parsed<std::uint64_t> number = read(amount);
    if (!number)
        return std::unexpected(fmt::format("\"{}\": {}", amount, number.error()));
    return make(bus_name, std::vector<PathLimit>{{std::string(value.substr(0, blank)), *number}});
}

} // namespace

Property boolean(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::boolean(value));
}

Property text(Form, Text bus_name, Text value)
{
    return make(bus_name, std::string(value));
}

Property choice(Form form, Text bus_name, Text value)
{
    Text left = form.choices;
    while (!left.empty()) {
        const auto bar = left.find('|');
        if (value == left.substr(0, bar))
            return make(bus_name, std::string(value));
        left = bar == Text::npos ? Text{} : left.substr(bar + 1);
    }
    return std::unexpected(value.empty() ? "empty" : "no such choice");
}

Property pressure_watch(Form form, Text bus_name, Text value)
{
    if (const auto flag = values::boolean(value))
        return make(bus_name, std::string(*flag ? "yes" : "no"));
    return choice(form, bus_name, value);
}

Property slice(Form, Text bus_name, Text value)
{
    constexpr Text kSuffix = ".slice";
    if (!value.ends_with(kSuffix) || value.size() == kSuffix.size() || value.find('/') != Text::npos)
        return std::unexpected("not the name of a slice unit");
    return make(bus_name, std::string(value));
}

Property interface_name(Form, Text bus_name, Text value)
{
    const auto filter = values::interfaces(value);
    if (!filter)
        return std::unexpected(filter.error());
    if (!filter->allow || filter->names.size() > 1)
        return std::unexpected("not one interface name");
    return make(bus_name, std::string(value));
}

Property words(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::split_words(value, values::Escapes::literal));
}

Property paths(Form, Text bus_name, Text value)
{
    auto list = values::split_words(value, values::Escapes::literal);
    if (list)
        for (const std::string &path : *list)
            if (!path.starts_with('/'))
                return std::unexpected(fmt::format("\"{}\" is not absolute", path));
    return sent(bus_name, std::move(list));
}

Property one_path(Form, Text bus_name, Text value)
{
    if (value.empty())
        return make(bus_name, std::vector<std::string>{});
    if (!value.starts_with('/'))
        return std::unexpected("the path is not absolute");
    return make(bus_name, std::vector<std::string>{std::string(value)});
}

Property controllers(Form form, Text bus_name, Text value)
{
    auto list = values::split_words(value, values::Escapes::literal);
    if (list)
        for (const std::string &controller : *list)
            if (!choice(form, bus_name, controller))
                return std::unexpected(fmt::format("\"{}\" is not a cgroup controller", controller));
    return sent(bus_name, std::move(list));
}

Property delegate(Form form, Text bus_name, Text value)
{
    if (const auto flag = values::boolean(value))
        return make(bus_name, *flag);
    return controllers(form, "DelegateControllers", value);
}

Property number(Form form, Text bus_name, Text value)
{
    if (value.empty())
        return make(bus_name, form.empty_value);
    return sent(bus_name, values::number(value, form.minimum, form.maximum));
}

Property number32(Form form, Text bus_name, Text value)
{
    const auto parsed = values::number(value, form.minimum, form.maximum);
    if (!parsed)
        return std::unexpected(parsed.error());
    return make(bus_name, static_cast<std::uint32_t>(*parsed));
}

Property cpu_weight(Form form, Text bus_name, Text value)
{
    return value == "idle" ? make(bus_name, std::uint64_t{0}) : number(form, bus_name, value);
}

Property exit_status(Form, Text bus_name, Text value)
{
    if (value.empty()) // -1: the command's own status is passed on
        return make(bus_name, std::int32_t{-1});
    return sent(bus_name, values::integer(value, 0, 255));
}

Property signal(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::signal(value));
}

Property size(Form form, Text bus_name, Text value)
{
    return limit(form, bus_name, value, [](Text amount) { return values::size(amount, 1024); });
}

Property count(Form form, Text bus_name, Text value)
{
    return limit(form, bus_name, value,
                 [](Text amount) { return values::number(amount, 0, PropertyForm::kInfinite - 1); });
}

Property cpu_quota(Form, Text bus_name, Text value)
{
    if (value.empty())
        return make(bus_name, PropertyForm::kInfinite);
    const auto share = values::permyriad(value, true);
    if (!share)
        return std::unexpected(share.error());
    if (*share == 0)
        return std::unexpected("zero is not possible here");
    return make(bus_name, *share * 100); // 100 % is 1000000 µs of CPU time per second
}

Property pressure_limit(Form, Text bus_name, Text value)
{
    const auto share = values::permyriad(value);
    if (!share)
        return std::unexpected(share.error());
    return make(bus_name, values::scale_from_permyriad(*share));
}

Property time_span(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::usec(value));
}

Property time_span_or_default(Form form, Text bus_name, Text value)
{
    return value.empty() ? make(bus_name, PropertyForm::kInfinite) : time_span(form, bus_name, value);
}

Property run_time(Form, Text bus_name, Text value)
{
    const auto span = values::usec(value);
    if (span && *span == 0) // the manager takes it, and ends the command as it starts
        return std::unexpected("zero would end the command at once");
    return sent(bus_name, span);
}

Property index_set(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::index_set(value));
}

Property device_bandwidth(Form, Text bus_name, Text value)
{
    return per_device(bus_name, value, [](Text amount) -> Parsed<std::uint64_t> {
        if (amount == "infinity")
            return PropertyForm::kInfinite;
        return values::size(amount, 1000);
    });
}

Property device_weight(Form form, Text bus_name, Text value)
{
    return per_device(bus_name, value, [&](Text amount) { return values::number(amount, form.minimum, form.maximum); });
}

Property device_latency(Form, Text bus_name, Text value)
{
    return per_device(bus_name, value, [](Text amount) { return values::usec(amount); });
}

Property device_allow(Form, Text bus_name, Text value)
{
    if (value.empty())
        return make(bus_name, std::vector<StringPair>{});
    const auto blank = value.find(' ');
    const Text device = value.substr(0, blank);
    const Text modes = blank == Text::npos ? Text{} : value.substr(blank + 1);
    if (!device.starts_with('/') && !device.starts_with("char-") && !device.starts_with("block-"))
        return std::unexpected("neither a device path nor a group like char-pts");
    if (modes.find_first_not_of("rwm") != Text::npos)
        return std::unexpected(fmt::format("\"{}\" is not made of r, w and m", modes));
    return make(bus_name, std::vector<StringPair>{{std::string(device), std::string(modes)}});
}

Property bpf_program(Form, Text bus_name, Text value)
{
    if (value.empty())
        return make(bus_name, std::vector<StringPair>{});
    const auto colon = value.find(':');
    if (colon == Text::npos || colon == 0 || !value.substr(colon + 1).starts_with('/'))
        return std::unexpected("not TYPE:PATH");
    return make(bus_name,
                std::vector<StringPair>{{std::string(value.substr(0, colon)), std::string(value.substr(colon + 1))}});
}

Property addresses(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::addresses(value));
}

Property socket_bind(Form, Text bus_name, Text value)
{
    if (value.empty())
        return make(bus_name, std::vector<SocketBind>{});
    const auto bind = values::socket_bind(value);
    if (!bind)
        return std::unexpected(bind.error());
    return make(bus_name, std::vector<SocketBind>{*bind});
}

Property interfaces(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::interfaces(value));
}

Property nft_sets(Form, Text bus_name, Text value)
{
    return sent(bus_name, values::nft_sets(value));
}

} // namespace dbgscope::readers
