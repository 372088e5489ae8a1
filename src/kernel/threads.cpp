// SPDX-License-Identifier: Apache-2.0
#include "kernel/threads.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxThreads = 4096, kMaxFamily = 64, kMaxChildrenBytes = 4096;

std::string_view take_word(std::string_view &text)
{
    const auto begin = std::min(text.find_first_not_of(' '), text.size());
    const auto end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

bool hexadecimal(std::string_view word, std::uint64_t &number)
{
    return word.starts_with("0x") &&
           std::from_chars(word.data() + 2, word.data() + word.size(), number, 16).ptr == word.data() + word.size();
}

Thread read_thread(pid_t id, const std::string &directory)
{
    Thread thread{.id = id, .name = process_name(id, directory), .sleeps_in = {}, .place = {}};
    const std::string own = directory + '/' + std::to_string(id);
    if (auto function = read_file(own + "/wchan", 256); function && *function != "0") // "0": awake, or not ours to see
        thread.sleeps_in = std::move(*function);
    if (const auto call = read_file(own + "/syscall", 256))
        thread.place = parse_thread_place(*call);
    return thread;
}

} // namespace

std::optional<ThreadPlace> parse_thread_place(std::string_view text)
{
    // "running\n", "-1 0xc00006eec0 0x4ab7bd\n", "202 0xc000040948 0x80 0x0 0x0 0x0 0x0 0xc00004bd78 0x468183\n"
    const std::string_view call = take_word(text);
    if (call.empty() || call == "running")
        return std::nullopt;
    ThreadPlace place{.in_call = !call.starts_with('-')};
    for (int i = 0; place.in_call && i < 6; ++i)
        (void)take_word(text);
    if (!hexadecimal(take_word(text), place.sp) || !hexadecimal(take_word(text), place.pc))
        return std::nullopt;
    return place;
}

std::vector<pid_t> thread_ids_of(pid_t pid, const std::string &proc)
{
    namespace fs = std::filesystem;
    std::vector<pid_t> ids;
    std::error_code code;
    for (fs::directory_iterator entry(proc + '/' + std::to_string(pid) + "/task", code), end; !code && entry != end;
         entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        pid_t id = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), id).ptr == name.data() + name.size())
            ids.push_back(id);
    }
    std::ranges::sort(ids);
    return ids;
}

bool all_threads_are(pid_t pid, std::string_view states, const std::string &proc)
{
    const std::vector<pid_t> threads = thread_ids_of(pid, proc);
    return !threads.empty() && std::ranges::all_of(threads, [&](pid_t thread) {
        const auto stat = read_process_stat(thread, proc);
        return !stat || stat->ended() || states.contains(stat->state);
    });
}

std::vector<pid_t> family_of(pid_t pid, const std::string &proc)
{
    std::vector<pid_t> family{pid};
    for (std::size_t i = 0; i < family.size(); ++i) {
        const std::string threads = proc + '/' + std::to_string(family[i]) + "/task/";
        for (const pid_t thread : thread_ids_of(family[i], proc)) {
            const auto text = read_file(threads + std::to_string(thread) + "/children", kMaxChildrenBytes); // "12 15 "
            std::string_view rest = text ? std::string_view(*text) : std::string_view();
            for (auto word = take_word(rest); !word.empty() && family.size() < kMaxFamily; word = take_word(rest)) {
                pid_t child = 0;
                if (std::from_chars(word.data(), word.data() + word.size(), child).ec == std::errc{})
                    family.push_back(child);
            }
        }
    }
    return family;
}

std::vector<Thread> threads_of(pid_t pid, const std::string &proc)
{
    const std::string directory = proc + '/' + std::to_string(pid) + "/task";
    std::vector<Thread> threads;
    for (const pid_t id : thread_ids_of(pid, proc))
        if (threads.size() < kMaxThreads)
            threads.push_back(read_thread(id, directory));
    return threads;
}

} // namespace dbgscope
