// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/memory.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

class ProcessMemory final : public Memory {
  public:
    /// `file`: /proc/PID/mem, where the system call is not to be had.
    ProcessMemory(pid_t pid, UniqueFd file) : pid_(pid), file_(std::move(file)) {}
    bool read(std::uint64_t address, std::span<std::byte> out) const override
    {
        std::size_t done = 0;
        while (done < out.size()) { // a read stops short at the border of a mapping
            if (address + done < address)
                return false;
            const ssize_t got = read_some(address + done, out.subspan(done));
            if (got <= 0)
                return false;
            done += static_cast<std::size_t>(got);
        }
        return true;
    }

  private:
    [[nodiscard]] ssize_t read_some(std::uint64_t address, std::span<std::byte> out) const
    {
        if (file_.valid())
            return ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(address));
        const iovec here{.iov_base = out.data(), .iov_len = out.size()};
        const iovec there{.iov_base = reinterpret_cast<void *>(address), // NOLINT(*-reinterpret-cast,*-int-to-ptr)
                          .iov_len = out.size()};
        return ::process_vm_readv(pid_, &here, 1, &there, 1, 0);
    }

    pid_t pid_;
    UniqueFd file_;
};

/// Documentation/admin-guide/LSM/Yama.rst; ptrace(2), "Ptrace access mode checking".
std::string denied_hint(const std::string &proc)
{
    const auto yama = read_file(proc + "/sys/kernel/yama/ptrace_scope", 16);
    switch (yama && !yama->empty() ? yama->front() : '0') {
    case '1': return "kernel.yama.ptrace_scope is 1: only an ancestor may look inside; sudo, or start it with --wait";
    case '2': return "kernel.yama.ptrace_scope is 2: only root may look inside another process; sudo";
    case '3': return "kernel.yama.ptrace_scope is 3: nobody may look inside another process until the next boot";
    default: return "it is another user's, or may not be dumped (setuid, capabilities); sudo";
    }
}

} // namespace

std::optional<std::uint64_t> number_in(std::span<const std::byte> bytes, std::uint64_t at, std::uint64_t size)
{
    if (at > bytes.size() || size > bytes.size() - at || (size != 1 && size != 2 && size != 4 && size != 8))
        return std::nullopt;
    std::uint64_t value = 0; // little endian: what is read is of this machine
    std::memcpy(&value, bytes.data() + at, size);
    return value;
}

std::optional<std::uint64_t> Memory::read_number(std::uint64_t address, std::uint64_t size) const
{
    std::byte bytes[8]{};
    if (size > sizeof bytes || !read(address, std::span(bytes).first(size)))
        return std::nullopt;
    return number_in(bytes, 0, size);
}

std::optional<std::string> Memory::read_go_string(std::uint64_t address, std::size_t most) const
{
    const auto data = read_word(address);
    const auto length = read_word(address + sizeof(std::uint64_t));
    if (!data || !length)
        return std::nullopt;
    std::string text(std::min<std::uint64_t>(*length, most), '\0');
    if (!read(*data, std::as_writable_bytes(std::span(text))))
        return std::nullopt;
    return text;
}

Result<std::unique_ptr<Memory>> open_process_memory(pid_t pid, const std::string &proc)
{
    // mm_access() comes before the address is looked at: EFAULT means that we may.
    std::byte probe{};
    const iovec here{.iov_base = &probe, .iov_len = 1};
    const iovec there{.iov_base = nullptr, .iov_len = 1};
    const int code = pid <= 0 ? ESRCH : ::process_vm_readv(pid, &here, 1, &there, 1, 0) >= 0 ? 0 : errno;
    if (code == 0 || code == EFAULT)
        return std::make_unique<ProcessMemory>(pid, UniqueFd());
    const std::string subject = fmt::format("the memory of process {}", pid);
    if (code == ESRCH)
        return fail({.kind = ErrorKind::not_found,
                     .operation = "read",
                     .subject = subject,
                     .cause = "there is no such process, or it has ended"});
    // A container's seccomp filter forbids the call to everybody, and not the file.
    if (auto file = open_at(AT_FDCWD, process_file(pid, ProcessFile::memory, proc), O_RDONLY))
        return std::make_unique<ProcessMemory>(pid, std::move(*file));
    return fail(errno_error(code, "read", subject, code == EPERM ? denied_hint(proc) : ""));
}

} // namespace dbgscope
