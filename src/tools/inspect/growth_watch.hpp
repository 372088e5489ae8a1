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
#include "tools/inspect/growth_budget.hpp"
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
    void begin_anew(pid_t pid);
    [[nodiscard]] std::chrono::milliseconds until_turn(std::chrono::milliseconds patience) const;
    void ration();
    [[nodiscard]] GrowthBudget::Duration used() const;
    void resume();
    void make_up();
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
    GrowthBudget budget_;
    GrowthBudget::Duration used_{};                       ///< used() when it began to be busy
    Clock::time_point busy_ = begin_, rationed_ = begin_; ///< since when it is; last looked at
    std::uint64_t spent_ = 0, turn_ = 0;      ///< FaultSampler::seen(): what is paid for; when this turn began
    Clock::time_point turned_ = begin_;       ///< when the turn began, or ended
    std::optional<Clock::time_point> resume_; ///< no turn is on until then
    Clock::duration gap_{}, opening_{};       ///< before this turn, if nothing makes up for it yet; what that took
    double left_out_ = 0, left_out_settled_ = 0;
    int too_little_ = 0;
    bool serving_ = false;
    bool over_ = false, ended_ = false, hung_up_ = false;
};

} // namespace dbgscope
