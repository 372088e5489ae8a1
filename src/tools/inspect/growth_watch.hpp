// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/inspect/file_maps.hpp"
#include "tools/inspect/growth.hpp"
#include "tools/inspect/resident.hpp"

namespace dbgscope {

/// One process and those that it starts, sampled.
class GrowthWatch {
  public:
    GrowthWatch(pid_t pid, std::string proc, FaultSampler sampler);

    /// Until `span` is over, the process has ended or `stop` can be read.
    void run(std::chrono::milliseconds span, int stop);
    /// Until the process has ended, has executed a program that is Go, or `socket` has no other end. Answers each
    /// message (growth_answer.hpp). Wakes for samples, and for nothing while nothing grows.
    void serve(int socket);
    [[nodiscard]] GrowthView view(bool by_stack);

  private:
    using Clock = std::chrono::steady_clock;
    /// One process of those that are sampled.
    struct Watched {
        std::optional<StackNames> names;
        std::optional<FileMaps> files;
    };

    /// True: somebody asks.
    bool wait(std::chrono::milliseconds patience, int asks, int end);
    void drain();
    void take_executed();
    void name_all(std::chrono::milliseconds patience);
    void name_next();
    void settle();
    void keep();
    void sample_more_often();
    void look();
    [[nodiscard]] Watched *process_of(pid_t pid);
    void answer(int socket);
    [[nodiscard]] GrowthView view_of(pid_t pid, bool by_stack) const;

    pid_t pid_;
    std::string proc_, executable_;
    FaultSampler sampler_;
    std::map<pid_t, Watched> processes_;
    std::deque<FaultSample> waiting_;
    NamedPages named_;
    std::vector<NamedSample> kept_; ///< of them, as of the last look
    Clock::duration keeping_{};     ///< what that look took
    std::optional<std::uint64_t> before_, now_;
    std::set<NamedPages::key_type> fresh_;       ///< since the last settle()
    std::uint64_t taken_ = 0, sampler_lost_ = 0; ///< the same
    std::uint64_t lost_ = 0, lost_settled_ = 0;
    Clock::time_point begin_ = Clock::now();
    std::chrono::milliseconds watched_{};
    Clock::time_point looked_{};
    int too_little_ = 0;
    bool serving_ = false;
    bool over_ = false, ended_ = false, hung_up_ = false;
};

} // namespace dbgscope
