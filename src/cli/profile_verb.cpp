// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "cli/verbs.hpp"
#include "profile/load.hpp"

namespace dbgscope {
namespace {

Error usage(std::string cause)
{
    return {.kind = ErrorKind::usage,
            .operation = "read",
            .subject = "the command line",
            .cause = std::move(cause),
            .hint = "dbgscope profile list | show [NAME] [--origin] | check FILE | schema"};
}

Result<std::string> show(std::vector<std::string> words, const LayerSources &sources)
{
    const bool origin = std::erase(words, "--origin") > 0;
    if (words.size() > 1)
        return fail(usage(fmt::format("unexpected word \"{}\"", words[1])));
    if (!words.empty())
        return show_profile(sources, words.front(), origin);
    auto loaded = load_settings(sources);
    if (!loaded)
        return pass(loaded);
    std::string text;
    for (const std::string &warning : loaded->warnings)
        text += "# " + warning + '\n';
    return text + show_settings(loaded->settings, origin);
}

} // namespace

Result<int> profile_verb(ParsedOptions options, const Invocation &invocation)
{
    const LayerSources sources = sources_for(invocation, options.settings);
    if (options.rest.empty())
        return fail(usage("no sub-command"));
    const std::string what = options.rest.front();
    std::vector<std::string> words(options.rest.begin() + 1, options.rest.end());
    Result<std::string> text;
    if (what == "list" && words.empty())
        text = list_profiles(sources);
    else if (what == "schema" && words.empty())
        text = profile_schema();
    else if (what == "show")
        text = show(std::move(words), sources);
    else if (what == "check" && words.size() == 1)
        text = check_file(words.front());
    else
        return fail(usage(fmt::format("cannot understand \"profile {}\"", what)));
    if (!text)
        return pass(text);
    if (!text->ends_with('\n'))
        *text += '\n';
    if (auto printed = print(*text); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
