// SPDX-License-Identifier: Apache-2.0
#include "session/dap_logs.hpp"

#include <unistd.h>

#include "session/history.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kSuffix = ".log";

} // namespace

std::string dap_logs_directory(const std::string &history)
{
    return history.empty() ? "" : history.substr(0, history.rfind('/')) + "/dap";
}

std::vector<RecordingPlace> list_dap_logs(const std::string &history)
{
    return list_files(dap_logs_directory(history), kSuffix);
}

Result<void> prepare_dap_logs(const std::string &history, RecordingsLimit limit)
{
    if (auto made = make_parents(dap_logs_directory(history) + '/'); !made)
        return made;
    if (limit.count > 0)
        --limit.count;
    remove_oldest(list_dap_logs(history), limit);
    return {};
}

std::size_t prune_dap_logs(const std::string &history, std::int64_t before_unix_s)
{
    std::size_t removed = 0;
    for (const RecordingPlace &place : list_dap_logs(history))
        if (place.changed_unix_s < before_unix_s && ::unlink(place.path.c_str()) == 0)
            ++removed;
    return removed;
}

} // namespace dbgscope
