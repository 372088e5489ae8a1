// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/wsl_config.hpp"

#include <algorithm>
#include <filesystem>

#include "kernel/parse.hpp"
#include "kernel/reader.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxFolders = 64; ///< each look at a Windows drive takes about a millisecond

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t first = std::min(text.find_first_not_of(kBlanks), text.size());
    const std::size_t last = text.find_last_not_of(kBlanks);
    return last == std::string_view::npos ? std::string_view{} : text.substr(first, last + 1 - first);
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string value_of(std::string_view text)
{
    text = trimmed(text);
    if (text.size() > 1 && text.front() == '"')
        return std::string(text.substr(1, text.find('"', 1) - 1));
    return std::string(trimmed(text.substr(0, text.find('#'))));
}

} // namespace

std::vector<WslEntry> read_wsl_config(std::string_view text)
{
    std::vector<WslEntry> entries;
    std::string section;
    if (text.starts_with("\xef\xbb\xbf")) // Windows' editors write a byte order mark
        text.remove_prefix(3);
    while (!text.empty()) {
        const std::string_view line = trimmed(next_line(text));
        const std::size_t equals = line.find('=');
        if (line.starts_with('['))
            section = lower(trimmed(line.substr(1, line.find(']') - 1)));
        else if (!line.starts_with('#') && equals != std::string_view::npos)
            entries.push_back({section, lower(trimmed(line.substr(0, equals))), value_of(line.substr(equals + 1))});
    }
    return entries;
}

std::optional<std::string> wsl_value(const std::vector<WslEntry> &entries, std::string_view section,
                                     std::string_view key)
{
    std::optional<std::string> found;
    for (const WslEntry &entry : entries)
        if (entry.section == section && entry.key == key)
            found = entry.value;
    return found;
}

WslFiles read_wsl_files(const SysRoot &root)
{
    WslFiles files;
    Reader reader(root.root);
    if (const auto text = reader.read("/etc/wsl.conf", Records::many))
        files.distribution = read_wsl_config(*text);
    namespace fs = std::filesystem;
    std::error_code code;
    std::size_t folders = 0;
    std::size_t count = 0;
    for (fs::directory_iterator entry(root.root + "/mnt/c/Users", code), end; !code && entry != end;
         entry.increment(code)) {
        if (++folders > kMaxFolders)
            break;
        const std::string path = "/mnt/c/Users/" + entry->path().filename().string() + "/.wslconfig";
        const auto text = reader.read(path.c_str(), Records::many);
        if (!text)
            continue;
        ++count;
        files.windows_path = path;
        files.windows = read_wsl_config(*text);
    }
    if (count != 1) {
        files.windows_path.clear();
        files.windows.clear();
    }
    return files;
}

} // namespace dbgscope
