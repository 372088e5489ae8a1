// SPDX-License-Identifier: Apache-2.0
#include "probe/meminfo.hpp"

#include <array>
#include <charconv>

#include "kernel/parse.hpp"
#include "kernel/pressure.hpp"

namespace dbgscope {
namespace {

constexpr const char *kMeminfo = "/proc/meminfo";

// "MemAvailable:   24684096 kB": the part behind the colon.
Fact<std::uint64_t> parse_kib(std::string_view line)
{
    std::string_view text = line.substr(line.find(':') + 1);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t kib = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), kib);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (code != std::errc{} || unit != " kB" || kib > (~std::uint64_t{0} >> 10))
        return malformed(kMeminfo, line);
    return kib << 10;
}

} // namespace

void probe_memory(Reader &reader, MemoryFacts &memory)
{
    struct Wanted {
        std::string_view key;
        Fact<std::uint64_t> *fact;
    };
    const std::array wanted{Wanted{"MemTotal:", &memory.total_bytes}, Wanted{"MemAvailable:", &memory.available_bytes},
                            Wanted{"SwapTotal:", &memory.swap_total_bytes},
                            Wanted{"SwapFree:", &memory.swap_free_bytes}};
    const auto meminfo = reader.read(kMeminfo);
    for (const Wanted &want : wanted) {
        if (meminfo)
            *want.fact = Fact<std::uint64_t>(Why::absent, std::string(kMeminfo) + " has no " + std::string(want.key));
        else
            *want.fact = unknown(meminfo.error(), kMeminfo);
    }
    std::string_view text = meminfo ? *meminfo : std::string_view{};
    for (std::size_t found = 0; !text.empty() && found < wanted.size();) {
        const std::string_view line = next_line(text);
        for (const Wanted &want : wanted)
            if (line.starts_with(want.key)) {
                *want.fact = parse_kib(line);
                ++found;
            }
    }

    constexpr const char *kSwappiness = "/proc/sys/vm/swappiness";
    const auto swappiness = reader.read(kSwappiness);
    std::uint64_t number = 0;
    if (!swappiness)
        memory.swappiness = unknown(swappiness.error(), kSwappiness);
    else if (!parse_number(*swappiness, number) || number > 200)
        memory.swappiness = malformed(kSwappiness, *swappiness);
    else
        memory.swappiness = number;
}

void probe_system_pressure(Reader &reader, MemoryFacts &memory)
{
    const UniqueFd directory = reader.open_directory("/proc/pressure");
    const int error = errno;
    const auto read = [&](const char *name) -> Fact<Pressure> {
        const std::string path = std::string("/proc/pressure/") + name;
        return directory.valid() ? read_pressure(reader, directory.get(), name, path) : unknown(error, path);
    };
    memory.pressure = read("memory");
    memory.cpu_pressure = read("cpu");
    memory.io_pressure = read("io");
}

} // namespace dbgscope
