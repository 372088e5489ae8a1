// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/stacks.hpp"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "sys/file.hpp"
#include "tools/inspect/dwarf_lines.hpp"
#include "tools/inspect/function_name.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxFrames = 256;
constexpr std::size_t kMaxStacks = 65'536;
constexpr int kRestFactor = 10;                               ///< so many times as long as a report took it rests
constexpr auto kReportEvery = std::chrono::milliseconds(200); ///< libraries that were loaded meanwhile

struct DwflEnd {
    void operator()(Dwfl *dwfl) const { dwfl_end(dwfl); }
};

/// Where a process' own files are: it may have another root, and its program have been replaced since.
struct OwnFiles {
    std::string root, executable;
};

/// The process' own file of that name. `data`: its OwnFiles, set by report().
int find_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, char **file, Elf **elf)
{
    if (*data != nullptr && name[0] == '/') {
        const auto &own = *static_cast<const OwnFiles *>(*data);
        auto found = open_at(AT_FDCWD, own.root + name, O_RDONLY);
        if (!found && read_link(own.executable) == name)
            found = open_at(AT_FDCWD, own.executable, O_RDONLY);
        if (found) {
            *file = ::strdup(name);
            return found->release();
        }
    }
    return dwfl_linux_proc_find_elf(module, data, name, base, file, elf);
}

/// By build ID below /usr/lib/debug. Not dwfl_standard_find_debuginfo: it asks servers.
int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, const char *file,
                   const char *link, GElf_Word sum, char **found)
{
    return dwfl_build_id_find_debuginfo(module, data, name, base, file, link, sum, found);
}

pid_t no_next_thread(Dwfl * /*dwfl*/, void * /*argument*/, void ** /*thread*/)
{
    return 0;
}

} // namespace

struct StackNames::State {
    std::unique_ptr<Dwfl, DwflEnd> dwfl;
    pid_t pid = 0;
    OwnFiles files;
    const FaultSample *sample = nullptr; ///< what is being unwound
    std::vector<std::uint64_t> addresses;
    Clock::time_point reported;
    Clock::duration reporting{};                                              ///< what that took
    std::unordered_map<std::uint64_t, std::vector<StackFrame>> known;         ///< by address
    std::unordered_map<const Dwfl_Module *, std::optional<DwarfLines>> lines; ///< cleared with the modules

    std::map<std::vector<std::uint64_t>, std::shared_ptr<const std::vector<StackFrame>>> stacks;

    bool report();
    void unwind();                            ///< `sample` into `addresses`
    [[nodiscard]] bool leads_nowhere() const; ///< its last address is in nothing that is known
    [[nodiscard]] bool loaded_since() const;  ///< that may be known by now
    [[nodiscard]] std::vector<StackFrame> name(std::uint64_t address);
    [[nodiscard]] std::shared_ptr<const std::vector<StackFrame>> named(); ///< what is at `addresses`
    [[nodiscard]] bool read_word(std::uint64_t address, Dwarf_Word &word) const;
};

bool StackNames::State::report()
{
    const auto begin = Clock::now();
    dwfl_report_begin(dwfl.get());
    const bool there = dwfl_linux_proc_report(dwfl.get(), pid) == 0;
    reported = Clock::now();
    reporting = reported - begin;
    if (!there)
        return false; // what is known stays
    lines.clear();
    known.clear();
    stacks.clear();
    if (dwfl_report_end(dwfl.get(), nullptr, nullptr) != 0)
        return false;
    (void)dwfl_getmodules(
        dwfl.get(),
        [](Dwfl_Module *, void **data, const char *, Dwarf_Addr, void *argument) {
            *data = argument;
            return static_cast<int>(DWARF_CB_OK);
        },
        &files, 0);
    return true;
}

bool StackNames::State::read_word(std::uint64_t address, Dwarf_Word &word) const
{
    const std::uint64_t from = sample->registers[FaultSample::kStackPointer];
    if (address < from || address - from > sample->stack.size() ||
        sample->stack.size() - (address - from) < sizeof word)
        return false;
    std::memcpy(&word, sample->stack.data() + (address - from), sizeof word);
    return true;
}

void StackNames::State::unwind()
{
    addresses.clear();
    // An error ends the stack where it is: what was found until then stays.
    (void)dwfl_getthread_frames(
        dwfl.get(), pid,
        [](Dwfl_Frame *frame, void *argument) {
            auto &found = static_cast<State *>(argument)->addresses;
            Dwarf_Addr address = 0;
            bool is_activation = false;
            if (!dwfl_frame_pc(frame, &address, &is_activation) || address == 0)
                return static_cast<int>(DWARF_CB_ABORT);
            found.push_back(is_activation ? address : address - 1); // of a call, not what follows it
            return static_cast<int>(found.size() < kMaxFrames ? DWARF_CB_OK : DWARF_CB_ABORT);
        },
        this);
}

bool StackNames::State::leads_nowhere() const
{
    return addresses.empty() || dwfl_addrmodule(dwfl.get(), addresses.back()) == nullptr;
}

/// Where the stack leads into what has been loaded since. Code that is made while the program runs never is.
bool StackNames::State::loaded_since() const
{
    return leads_nowhere() &&
           Clock::now() - reported > std::max<Clock::duration>(kReportEvery, kRestFactor * reporting);
}

std::shared_ptr<const std::vector<StackFrame>> StackNames::State::named()
{
    if (stacks.size() >= kMaxStacks)
        stacks.clear();
    auto &stack = stacks[addresses];
    if (stack)
        return stack;
    auto frames = std::make_shared<std::vector<StackFrame>>();
    for (const std::uint64_t address : addresses)
        for (StackFrame &frame : name(address))
            frames->push_back(std::move(frame));
    stack = std::move(frames);
    return stack;
}

std::vector<StackFrame> StackNames::State::name(std::uint64_t address)
{
    if (const auto found = known.find(address); found != known.end())
        return found->second;
    std::vector<StackFrame> frames;
    Dwfl_Module *module = dwfl_addrmodule(dwfl.get(), address);
    if (module == nullptr)
        return frames;
    Dwarf_Addr begin = 0, bias = 0;
    const char *file = nullptr;
    const char *label = dwfl_module_info(module, nullptr, &begin, nullptr, nullptr, nullptr, &file, nullptr);
    const std::string path = label != nullptr ? label : file != nullptr ? file : "";
    auto [at, fresh] = lines.try_emplace(module);
    Dwarf *dwarf = dwfl_module_getdwarf(module, &bias);
    if (fresh)
        at->second.emplace(dwarf);
    for (Frame &frame : at->second->frames(address - bias))
        frames.push_back({.frame = std::move(frame), .module = path});
    if (frames.empty()) {
        GElf_Off offset = 0;
        GElf_Sym symbol{};
        const char *function = dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
        const std::string_view base = std::string_view(path).substr(path.rfind('/') + 1);
        frames.push_back({.frame = {.function = function != nullptr ? function_name(function)
                                                                    : fmt::format("{}+{:#x}", base, address - begin),
                                    .file = {},
                                    .line = 0},
                          .module = path});
    }
    known.emplace(address, frames);
    return frames;
}

namespace {

bool one_thread(Dwfl * /*dwfl*/, pid_t /*tid*/, void *argument, void **thread)
{
    *thread = argument;
    return true;
}

} // namespace

StackNames::StackNames(std::unique_ptr<State> state) : state_(std::move(state)) {}
StackNames::StackNames(StackNames &&) noexcept = default;
StackNames &StackNames::operator=(StackNames &&) noexcept = default;
StackNames::~StackNames() = default;

Result<StackNames> StackNames::of_process(pid_t pid, const std::string &proc)
{
    static char *debug_path = nullptr; // the library's own: /usr/lib/debug
    static const Dwfl_Callbacks callbacks{.find_elf = find_elf,
                                          .find_debuginfo = find_debuginfo,
                                          .section_address = nullptr,
                                          .debuginfo_path = &debug_path};
    auto state = std::make_unique<State>();
    state->dwfl.reset(dwfl_begin(&callbacks));
    state->pid = pid;
    state->files = {.root = process_file(pid, ProcessFile::root, proc),
                    .executable = process_file(pid, ProcessFile::executable, proc)};
    const auto refuse = [pid](ErrorKind kind, std::string cause) {
        return fail({.kind = kind,
                     .operation = "read",
                     .subject = fmt::format("what process {} has mapped", pid),
                     .cause = std::move(cause)});
    };
    if (!state->dwfl || !state->report())
        return refuse(ErrorKind::not_found, "it has ended, or is another user's");
    static const Dwfl_Thread_Callbacks threads{
        .next_thread = no_next_thread,
        .get_thread = one_thread,
        .memory_read = [](Dwfl *, Dwarf_Addr address, Dwarf_Word *word,
                          void *argument) { return static_cast<const State *>(argument)->read_word(address, *word); },
        .set_initial_registers =
            [](Dwfl_Thread *thread, void *argument) {
                const FaultSample &sample = *static_cast<const State *>(argument)->sample;
                return dwfl_thread_state_registers(thread, 0, FaultSample::kRegisters, sample.registers.data());
            },
        .detach = nullptr,
        .thread_detach = nullptr};
    if (!dwfl_attach_state(state->dwfl.get(), nullptr, pid, &threads, state.get()))
        return refuse(ErrorKind::unsupported, dwfl_errmsg(-1));
    return StackNames(std::move(state));
}

std::shared_ptr<const std::vector<StackFrame>> StackNames::read(const FaultSample &sample)
{
    State &state = *state_;
    state.sample = &sample;
    state.unwind();
    if (state.loaded_since()) {
        (void)state.report();
        state.unwind();
    }
    return state.named();
}

std::shared_ptr<const std::vector<StackFrame>> StackNames::read(std::span<const std::uint64_t> chain)
{
    State &state = *state_;
    state.addresses.clear();
    for (const std::uint64_t address : chain.first(std::min(chain.size(), kMaxFrames)))
        state.addresses.push_back(state.addresses.empty() ? address : address - 1); // of a call, not what follows it
    if (state.loaded_since())
        (void)state.report();
    return state.named();
}

} // namespace dbgscope
