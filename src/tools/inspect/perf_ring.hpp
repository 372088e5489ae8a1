// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace dbgscope {

/// What the kernel writes the records of one event into (perf_event_open(2), "MMAP layout").
class PerfRing {
  public:
    /// Invalid, errno set, where the kernel refuses.
    PerfRing(int fd, std::uint64_t pages)
        : page_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))), bytes_(pages * page_), fd_(fd)
    {
        map_ = ::mmap(nullptr, page_ + bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    PerfRing(PerfRing &&other) noexcept
        : page_(other.page_), bytes_(other.bytes_), fd_(other.fd_), map_(std::exchange(other.map_, MAP_FAILED))
    {
    }
    PerfRing(const PerfRing &) = delete;
    PerfRing &operator=(const PerfRing &) = delete;
    PerfRing &operator=(PerfRing &&) = delete;
    ~PerfRing()
    {
        if (valid())
            (void)::munmap(map_, page_ + bytes_);
    }
    [[nodiscard]] bool valid() const { return map_ != MAP_FAILED; }
    [[nodiscard]] int fd() const { return fd_; }

    /// Each record in turn. The kernel's side of this is in perf_output_put_handle (kernel/events/ring_buffer.c).
    template <class Visit> void take(Visit visit)
    {
        auto *head_page = static_cast<perf_event_mmap_page *>(map_);
        const auto *data = static_cast<const std::byte *>(map_) + page_;
        const std::uint64_t head = std::atomic_ref(head_page->data_head).load(std::memory_order_acquire);
        std::uint64_t tail = head_page->data_tail;
        while (tail < head) {
            perf_event_header header{};
            copy(data, tail, std::as_writable_bytes(std::span(&header, 1)));
            if (header.size < sizeof header || header.size > head - tail)
                break;
            record_.resize(header.size);
            copy(data, tail, record_);
            visit(header, std::span<const std::byte>(record_).subspan(sizeof header));
            tail += header.size;
        }
        std::atomic_ref(head_page->data_tail).store(head, std::memory_order_release);
    }

  private:
    void copy(const std::byte *data, std::uint64_t from, std::span<std::byte> to) const
    {
        const std::uint64_t at = from % bytes_;
        const std::size_t first = std::min<std::uint64_t>(to.size(), bytes_ - at);
        std::memcpy(to.data(), data + at, first);
        std::memcpy(to.data() + first, data, to.size() - first);
    }

    std::uint64_t page_, bytes_;
    int fd_;
    void *map_ = MAP_FAILED;
    std::vector<std::byte> record_;
};

} // namespace dbgscope
