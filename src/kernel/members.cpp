// SPDX-License-Identifier: Apache-2.0
#include "kernel/members.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include "kernel/process.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxEnvironmentBytes = 2 << 20; ///< as much as the kernel allows beside the arguments
constexpr std::chrono::milliseconds kPause{10};

} // namespace

std::string session_mark(const std::string &session)
{
    return "DBGSCOPE_SESSION=" + session;
}

bool was_started_with(pid_t pid, std::string_view assignment, const std::string &proc)
{
    const auto read = read_file(proc + '/' + std::to_string(pid) + "/environ", kMaxEnvironmentBytes);
    std::string_view text = read ? std::string_view(*read) : std::string_view{};
    while (!text.empty()) {
        const auto end = text.find('\0');
        if (text.substr(0, end) == assignment)
            return true;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return false;
}

std::vector<pid_t> pids_started_with(std::string_view assignment, const std::string &proc)
{
    std::vector<pid_t> pids;
    std::error_code code;
    for (auto entry = std::filesystem::directory_iterator(proc, code); !code && entry != end(entry);
         entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        pid_t pid = 0;
        const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (failed != std::errc{} || end != name.data() + name.size() || !was_started_with(pid, assignment, proc))
            continue;
        pids.push_back(pid); // the environment of one that has ended reads empty
    }
    return pids;
}

bool kill_started_with(std::string_view assignment, const std::function<bool(pid_t)> &spared,
                       std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        bool any = false;
        for (const pid_t pid : pids_started_with(assignment)) {
            const auto id = process_id(pid);
            if (!id || spared(pid))
                continue;
            const ProcessHandle process(*id);
            if (was_started_with(pid, assignment)) // the number may be another process's by now
                any = process.send(SIGKILL) == 0 || any;
        }
        if (!any || std::chrono::steady_clock::now() > deadline)
            return !any;
        std::this_thread::sleep_for(kPause);
    }
}

} // namespace dbgscope
