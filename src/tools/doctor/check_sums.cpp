// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "sys/file.hpp"
#include "tools/doctor/build_settings.hpp"
#include "tools/doctor/checks.hpp"
#include "tools/doctor/sha256.hpp"

namespace dbgscope {
namespace {

struct Sum {
    std::string hash, name;
};

// 5b41…9c  dlv        (sha256sum(1); "*dlv" when it was read as binary)
std::optional<Sum> read_line(std::string_view line)
{
    constexpr std::size_t kDigits = 64;
    if (line.size() < kDigits + 3 || line[kDigits] != ' ' || (line[kDigits + 1] != ' ' && line[kDigits + 1] != '*'))
        return std::nullopt;
    Sum sum{std::string(line.substr(0, kDigits)), std::string(line.substr(kDigits + 2))};
    for (char &c : sum.hash) {
        if (c >= 'A' && c <= 'F')
            c = static_cast<char>(c - 'A' + 'a');
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return std::nullopt;
    }
    return sum;
}

/// "mod\tgithub.com/go-delve/delve\tv1.24.0\th1:…" as ", built from github.com/go-delve/delve v1.24.0".
std::string origin(const std::string &path)
{
    const auto settings = read_build_settings(path);
    if (settings)
        for (const std::string &line : settings->go_lines)
            if (const auto words = split_words(line); words.size() >= 3 && words[0] == "mod")
                return fmt::format(", built from {} {}", words[1], words[2]);
    return {};
}

CheckFinding compare(const DoctorInput &input, const Sum &sum)
{
    std::string path = sum.name;
    if (!path.starts_with('/')) { // a list made elsewhere: only the tool's name counts here
        const ToolFacts tool = input.tool(path.substr(path.rfind('/') + 1));
        if (!tool.path)
            return {.level = CheckLevel::unknown,
                    .looked_at = "PATH",
                    .found = fmt::format("{}: {}", sum.name, tool.path.detail()),
                    .matters = "it could not be compared"};
        path = *tool.path;
    }
    const auto hash = sha256_of_file(path);
    if (!hash)
        return {.level = CheckLevel::unknown,
                .looked_at = path,
                .found = to_line(hash.error()),
                .matters = "it could not be compared"};
    if (*hash == sum.hash)
        return {.looked_at = path, .found = fmt::format("{} is what {} says{}", path, input.sums, origin(path))};
    return {.level = CheckLevel::fail,
            .looked_at = path,
            .found = fmt::format("{} is {}…, {} says {}…{}", path, hash->substr(0, 16), input.sums,
                                 sum.hash.substr(0, 16), origin(path)),
            .matters = "the tool is not the one that was vouched for: another release, another build, or changed",
            .cure = "install it anew from where the sums come from"};
}

} // namespace

CheckFindings check_sums(const DoctorInput &input)
{
    if (input.sums.empty())
        return {};
    const auto text = read_file(input.sums);
    if (!text)
        return {{.level = CheckLevel::fail,
                 .looked_at = input.sums,
                 .found = to_line(text.error()),
                 .matters = "nothing could be compared",
                 .cure = "name a file as sha256sum(1) writes it"}};
    CheckFindings findings;
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
        const std::string_view line = next_line(rest);
        if (line.empty() || line.starts_with('#'))
            continue;
        if (const auto sum = read_line(line))
            findings.push_back(compare(input, *sum));
        else
            findings.push_back({.level = CheckLevel::fail,
                                .looked_at = fmt::format("{}:{}", input.sums, number),
                                .found = "this line is not \"SHA256  NAME\"",
                                .matters = "what it stands for was not compared",
                                .cure = "name a file as sha256sum(1) writes it"});
        if (findings.size() >= 100)
            break;
    }
    if (findings.empty())
        findings.push_back({.level = CheckLevel::fail,
                            .looked_at = input.sums,
                            .found = "it has no sums",
                            .matters = "nothing was compared",
                            .cure = "name a file as sha256sum(1) writes it"});
    return findings;
}

} // namespace dbgscope
