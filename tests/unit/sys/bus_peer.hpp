// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-bus.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sys/fd.hpp"

// Fault injection: something that listens where a manager would, speaks real D-Bus through libsystemd's server side,
// and answers as a test tells it to. A real manager cannot be made to lose a connection in the middle of a call.
namespace dbgscope::test {

class BusPeer;

/// One method call that came in. What is not answered stays unanswered.
class PeerCall {
  public:
    PeerCall(BusPeer &peer, sd_bus_message *message);
    std::string member;
    std::string unit;                    ///< StartTransientUnit, ResetFailedUnit, SetUnitProperties: first argument
    std::vector<std::string> properties; ///< StartTransientUnit: names in order
    [[nodiscard]] bool has(const std::string &property) const;
    [[nodiscard]] sd_bus_message *message() const { return message_; } ///< rewound

    void refuse(const char *error_name) const;
    void reply_job(const char *job) const; ///< "o"
    void reply_empty() const;
    void job_removed(const char *job, const char *result, const char *of_unit = nullptr) const;
    void drop_connection() const; ///< what was sent before still arrives

  private:
    BusPeer &peer_;
    sd_bus_message *message_;
};

/// Serves connections on a socket in a directory of its own, one after another, in a thread.
class BusPeer {
  public:
    using Script = std::function<void(PeerCall &)>;
    explicit BusPeer(Script script);
    ~BusPeer();
    BusPeer(const BusPeer &) = delete;
    BusPeer &operator=(const BusPeer &) = delete;
    [[nodiscard]] const std::string &socket() const { return path_; }
    /// Members called so far, in order. Call it when the client is done.
    [[nodiscard]] std::vector<std::string> finish();

  private:
    friend class PeerCall;
    static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error);
    void serve();

    Script script_;
    std::string directory_, path_;
    UniqueFd listener_;
    std::vector<std::string> members_;
    std::atomic<bool> stop_ = false;
    bool drop_ = false;
    std::thread thread_;
};

} // namespace dbgscope::test
