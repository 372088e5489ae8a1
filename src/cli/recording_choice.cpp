// SPDX-License-Identifier: Apache-2.0
#include "cli/recording_choice.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/core.h>

#include "dbgscope/profile.hpp"
#include "session/dap_logs.hpp"
#include "session/paths.hpp"
#include "session/recording_file.hpp"
#include "session/registry.hpp"

namespace dbgscope {
namespace {

std::string name_of(const RecordingPlace &place)
{
    const std::string name = place.path.substr(place.path.rfind('/') + 1);
    return name.substr(0, name.rfind('.')); // without ".jsonl"
}

/// "ID.PID-STARTTICKS" → "ID".
std::string id_of(const RecordingPlace &place)
{
    const std::string name = name_of(place);
    return name.substr(0, name.rfind('.'));
}

Error none(std::string subject, std::string cause, std::string hint)
{
    return {.kind = ErrorKind::not_found,
            .operation = "find",
            .subject = std::move(subject),
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

bool is_path(std::string_view word)
{
    return word.find('/') != std::string_view::npos ||
           (!word.empty() && ::access(std::string(word).c_str(), F_OK) == 0);
}

/// The one whose session `word` names, in full or by its first letters. `what`: "a recording".
Result<std::string> of_session(const std::vector<RecordingPlace> &all, std::string_view word, std::string_view what,
                               const char *hint)
{
    std::vector<RecordingPlace> exact, begins;
    std::vector<std::string> ids;
    for (const RecordingPlace &place : all) {
        ids.push_back(id_of(place));
        if (ids.back() == word || name_of(place) == word)
            exact.push_back(place);
        if (name_of(place).starts_with(word))
            begins.push_back(place);
    }
    if (!exact.empty()) // plain cgroups may share a name: the newest
        return exact.front().path;
    if (begins.size() == 1)
        return begins.front().path;
    const std::string subject = fmt::format("{} of session \"{}\"", what, word);
    if (begins.size() > 1)
        return fail({.kind = ErrorKind::usage,
                     .operation = "choose",
                     .subject = subject,
                     .cause = fmt::format("{} begin so, {} for one", begins.size(), id_of(begins.front())),
                     .hint = "give more of the name"});
    const std::string near = suggest(std::string(word), ids);
    return fail(
        none(subject, "there is none of that name", near.empty() ? hint : fmt::format("did you mean {}?", near)));
}

} // namespace

Result<std::string> chosen_recording(std::string_view word, bool last)
{
    const SessionPaths paths = session_paths();
    const auto registry = Registry::open(paths);
    std::vector<RecordingPlace> live = list_recordings(registry ? registry->path() : paths.live);
    std::vector<RecordingPlace> kept = list_recordings(recordings_directory(paths.history));
    if (is_path(word))
        return std::string(word);
    if (word.empty()) {
        if (!live.empty() && !last)
            return live.front().path;
        if (!kept.empty())
            return kept.front().path;
        return fail(none("a recording", last ? "no session of yours has left one" : "no session of yours has one",
                         "debug sessions are recorded unless --record=off"));
    }
    std::vector<RecordingPlace> all = std::move(live);
    std::ranges::move(kept, std::back_inserter(all));
    return of_session(all, word, "a recording", "dbgscope history names those that are kept");
}

Result<std::string> chosen_dap_log(std::string_view word)
{
    constexpr const char *kHint = "dbgscope --dap-log keeps one; man dbgscope-dap";
    if (is_path(word))
        return std::string(word);
    const std::vector<RecordingPlace> all = list_dap_logs(session_paths().history);
    if (!word.empty())
        return of_session(all, word, "a log", kHint);
    if (all.empty())
        return fail(none("a log", "no session of yours has one", kHint));
    return all.front().path;
}

} // namespace dbgscope
