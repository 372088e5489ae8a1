// SPDX-License-Identifier: Apache-2.0
// Build-time tool: embed_profiles OUTPUT FILE.yaml… turns the shipped profiles into a table, so that a launch without
// configuration files never touches YAML. A mistake in one of them stops the build with FILE:LINE:COLUMN.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "profile/text_check.hpp"
#include "profile/yaml_file.hpp"

namespace dbgscope {
namespace {

/// A C++ string literal. Profiles are UTF-8 without control characters (find_text_fault).
std::string literal(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

/// "…/low-memory.yaml" → "low-memory".
std::string stem(const std::string &path)
{
    const auto slash = path.rfind('/');
    const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
    return file.substr(0, file.rfind('.'));
}

/// Rows of `path`, appended to `rows`; its line of the index to `index`.
Result<void> embed(const std::string &path, std::size_t number, std::string &rows, std::string &index)
{
    std::ifstream input(path);
    std::ostringstream content;
    content << input.rdbuf();
    if (!input)
        return fail({.operation = "read", .subject = path, .cause = "not readable"});
    const std::string text = content.str();
    auto entries = parse_yaml(text, path);
    if (!entries)
        return pass(entries);
    std::size_t count = 0;
    std::string body;
    for (const YamlEntry &entry : *entries)
        for (const YamlScalar &value : entry.values) {
            body += "    {" + literal(entry.key) + ", " + literal(value.text) + "},\n";
            ++count;
        }
    const std::string table = "kRows" + std::to_string(number);
    rows += "constexpr std::array<BuiltinRow, " + std::to_string(count) + "> " + table + "{{\n" + body + "}};\n";
    index += "    {" + literal(stem(path)) + ", " + literal(first_comment(text)) + ", " + table + "},\n";
    return {};
}

} // namespace
} // namespace dbgscope

int main(int argc, char **argv)
{
    std::string rows, index;
    for (int i = 2; i < argc; ++i)
        if (const auto done = dbgscope::embed(argv[i], static_cast<std::size_t>(i), rows, index); !done) {
            (void)std::fprintf(stderr, "%s\n", dbgscope::to_line(done.error()).c_str());
            return 1;
        }
    if (argc < 3)
        return 1;
    std::ofstream output(argv[1]);
    output << "// Generated from profiles/*.yaml by embed_profiles.\n#include <array>\n\n"
              "#include \"profile/profile_store.hpp\"\n\nnamespace dbgscope\n{\nnamespace\n{\n"
           << rows << "constexpr std::array<BuiltinProfile, " << argc - 2 << "> kProfiles{{\n"
           << index
           << "}};\n} // namespace\nstd::span<const BuiltinProfile> builtin_profiles()\n{\n"
              "    return kProfiles;\n}\n} // namespace dbgscope\n";
    return output.flush() ? 0 : 1;
}
