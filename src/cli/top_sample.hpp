// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cli/top_history.hpp"
#include "cli/top_inside.hpp"
#include "render/top_view.hpp"
#include "session/registry.hpp"

// What `dbgscope top` knows of the sessions: their files read anew for each sample, and what is remembered of them.
namespace dbgscope {

class TopSampler {
  public:
    enum class Inside { none, chosen, all }; ///< whose debuggee is looked into

    /// The session of that name, or every one where it is empty. Errors: those of live_sessions() and
    /// choose_session().
    [[nodiscard]] static Result<TopSampler> open(const std::string &name);

    /// Sessions that have ended stay for a minute; the one that was named, and the chosen one, for good. Errors: those
    /// of live_sessions().
    [[nodiscard]] Result<void> sample(Inside inside);
    [[nodiscard]] TopView view() const;

    /// At the start the newest that is held, or the newest.
    [[nodiscard]] std::size_t chosen() const { return chosen_; }
    /// So many places down or up, as far as there are some.
    void choose(int step);
    /// Null: there is none, or it has ended.
    [[nodiscard]] const LiveSession *chosen_session() const;
    /// The session that was named has ended.
    [[nodiscard]] bool over() const;

  private:
    using Clock = TopHistory::Clock;
    struct Seen {
        std::string key; ///< the name of its live file
        LiveSession session;
        TopSession shown;
        TopHistory history;
        std::unique_ptr<TopInside> inside;
        std::optional<Clock::time_point> ended;
    };
    explicit TopSampler(std::string named) : named_(std::move(named)) {}
    void take(std::vector<LiveSession> live, Clock::time_point now);
    void forget(Clock::time_point now);
    static void look(Seen &seen, Clock::time_point now);

    std::string named_; ///< a key; empty: all
    std::vector<Seen> seen_;
    std::size_t chosen_ = 0;
};

} // namespace dbgscope
