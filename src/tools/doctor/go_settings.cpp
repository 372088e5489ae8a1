// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/go_settings.hpp"

#include <algorithm>

#include "kernel/parse.hpp"
#include "kernel/reader.hpp"

namespace dbgscope {
namespace {

std::string in_home(const DoctorInput &input, const char *variable, const char *below)
{
    const std::string named(input.variable(variable));
    const std::string home(input.variable("HOME"));
    return !named.empty() || home.empty() ? named : home + below;
}

/// $GOENV; "off": no file is read.
std::string env_file(const DoctorInput &input)
{
    const std::string named(input.variable("GOENV"));
    if (!named.empty())
        return named == "off" ? "" : named;
    const std::string config = in_home(input, "XDG_CONFIG_HOME", "/.config");
    return config.empty() ? "" : config + "/go/env";
}

std::string default_of(const DoctorInput &input, const std::string &name)
{
    if (name == "GOPATH")
        return in_home(input, "GOPATH", "/go");
    if (name == "GOCACHE") {
        const std::string cache = in_home(input, "XDG_CACHE_HOME", "/.cache");
        return cache.empty() ? "" : cache + "/go-build";
    }
    if (name == "GOMODCACHE") {
        const std::string path = go_setting(input, "GOPATH").value;
        return path.empty() ? "" : path.substr(0, path.find(':')) + "/pkg/mod";
    }
    return {};
}

} // namespace

GoSetting go_setting(const DoctorInput &input, const std::string &name)
{
    if (const auto value = input.variable(name); !value.empty())
        return {std::string(value), "the environment"};
    if (const std::string file = env_file(input); !file.empty()) {
        Reader reader(input.root.root);
        const auto text = reader.read(file.c_str(), Records::many);
        std::string_view rest = text ? *text : std::string_view{};
        GoSetting found;
        while (!rest.empty()) { // the last line counts
            const std::string_view line = next_line(rest);
            if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == '=')
                found = {std::string(line.substr(name.size() + 1)), file};
        }
        if (!found.value.empty())
            return found;
    }
    return {default_of(input, name), "go's default"};
}

std::vector<std::string> go_bins(const DoctorInput &input)
{
    std::vector<std::string> bins;
    if (const std::string bin = go_setting(input, "GOBIN").value; !bin.empty())
        bins.push_back(bin);
    const std::string paths = go_setting(input, "GOPATH").value;
    for (std::string_view rest = paths; !rest.empty();) {
        const std::size_t colon = std::min(rest.find(':'), rest.size());
        bins.push_back(std::string(rest.substr(0, colon)) + "/bin");
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    return bins;
}

} // namespace dbgscope
