// SPDX-License-Identifier: Apache-2.0
#include "kernel/pressure.hpp"
#include "kernel/parse.hpp"

#include <charconv>

namespace dbgscope {
namespace {

/// Takes "KEY=number" and one blank from the front of `line`.
template <class Number> bool take(std::string_view &line, std::string_view key, Number &number)
{
    if (!line.starts_with(key))
        return false;
    line.remove_prefix(key.size());
    const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (code != std::errc{})
        return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (!line.empty() && line.front() != ' ')
        return false;
    line.remove_prefix(line.empty() ? 0 : 1);
    return true;
}

bool percentage(std::string_view &line, std::string_view key, double &value)
{
    return take(line, key, value) && value >= 0 && value <= 1000; // NaN and garbage fail; rounding may exceed 100
}

// some avg10=8.81 avg60=17.16 avg300=8.80 total=50792969
bool parse_line(std::string_view line, PressureLine &out)
{
    return percentage(line, "avg10=", out.avg10) && percentage(line, "avg60=", out.avg60) &&
           percentage(line, "avg300=", out.avg300) && take(line, "total=", out.total_us);
}

} // namespace

bool parse_pressure(std::string_view text, Pressure &pressure)
{
    bool some = false;
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        if (line.starts_with("some ")) {
            some = parse_line(line.substr(5), pressure.some);
            if (!some)
                return false;
        } else if (line.starts_with("full ") && !parse_line(line.substr(5), pressure.full)) {
            return false;
        }
    }
    return some;
}

Fact<Pressure> read_pressure(Reader &reader, int directory, const char *name, std::string_view path)
{
    const auto text = reader.read_at(directory, name);
    if (!text)
        return unknown(text.error(), path);
    Pressure pressure;
    if (!parse_pressure(*text, pressure))
        return malformed(path, *text);
    return pressure;
}

} // namespace dbgscope
