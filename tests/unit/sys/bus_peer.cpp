// SPDX-License-Identifier: Apache-2.0
#include "bus_peer.hpp"

#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace dbgscope::test {
namespace {

/// libsystemd's server side; the program itself has no use for it. `SD(sd_bus_new)(…)`.
template <class Function> Function *server_function(const char *name)
{
    static void *const library = ::dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
    void *found = library != nullptr ? ::dlsym(library, name) : nullptr;
    if (found == nullptr)
        throw std::runtime_error(std::string("libsystemd.so.0 has no ") + name);
    return reinterpret_cast<Function *>(found);
}
#define SD(name) server_function<decltype(::name)>(#name)

constexpr const char *kPath = "/org/freedesktop/systemd1";
constexpr const char *kManager = "org.freedesktop.systemd1.Manager";

void must(int result)
{
    if (result < 0)
        throw std::runtime_error(std::string("sd-bus: ") + std::strerror(-result));
}

/// A client that has heard enough may have left already.
void sent(int result)
{
    if (result != -ECONNRESET && result != -EPIPE && result != -ENOTCONN)
        must(result);
}

} // namespace

PeerCall::PeerCall(BusPeer &peer, sd_bus_message *message)
    : member(SD(sd_bus_message_get_member)(message)), peer_(peer), message_(message)
{
    const char *text = nullptr;
    if (SD(sd_bus_message_read)(message, "s", &text) > 0)
        unit = text;
    if (member == "StartTransientUnit") {
        must(SD(sd_bus_message_skip)(message, "s"));
        must(SD(sd_bus_message_enter_container)(message, 'a', "(sv)"));
        while (SD(sd_bus_message_enter_container)(message, 'r', "sv") > 0) {
            must(SD(sd_bus_message_read)(message, "s", &text));
            properties.emplace_back(text);
            must(SD(sd_bus_message_skip)(message, "v"));
            must(SD(sd_bus_message_exit_container)(message));
        }
    }
    must(SD(sd_bus_message_rewind)(message, 1));
}

bool PeerCall::has(const std::string &property) const
{
    return std::find(properties.begin(), properties.end(), property) != properties.end();
}

void PeerCall::refuse(const char *error_name) const
{
    sent(SD(sd_bus_reply_method_errorf)(message_, error_name, "%s", "the peer says no"));
}

void PeerCall::reply_job(const char *job) const
{
    sent(SD(sd_bus_reply_method_return)(message_, "o", job));
}

void PeerCall::reply_empty() const
{
    sent(SD(sd_bus_reply_method_return)(message_, nullptr));
}

void PeerCall::job_removed(const char *job, const char *result, const char *of_unit) const
{
    sent(SD(sd_bus_emit_signal)(SD(sd_bus_message_get_bus)(message_), kPath, kManager, "JobRemoved", "uoss", 1U, job,
                                of_unit != nullptr ? of_unit : unit.c_str(), result));
}

void PeerCall::drop_connection() const
{
    peer_.drop_ = true;
}

BusPeer::BusPeer(Script script) : script_(std::move(script))
{
    char directory[] = "/tmp/dbgscope-test-XXXXXX";
    if (::mkdtemp(directory) == nullptr)
        throw std::runtime_error("mkdtemp");
    directory_ = directory;
    path_ = directory_ + "/private socket"; // a space: paths are not addresses
    listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) < 0 ||
        ::listen(listener_.get(), 5) < 0)
        throw std::runtime_error("listen");
    thread_ = std::thread([this] {
        while (!stop_)
            serve();
    });
}

BusPeer::~BusPeer()
{
    (void)finish();
    (void)::unlink(path_.c_str());
    (void)::rmdir(directory_.c_str());
}

std::vector<std::string> BusPeer::finish()
{
    stop_ = true;
    if (thread_.joinable())
        thread_.join();
    return members_;
}

int BusPeer::on_message(sd_bus_message *message, void *userdata, sd_bus_error *)
{
    auto *peer = static_cast<BusPeer *>(userdata);
    if (SD(sd_bus_message_is_method_call)(message, nullptr, nullptr) <= 0)
        return 0;
    PeerCall call(*peer, message);
    peer->members_.push_back(call.member);
    peer->script_(call);
    return 1;
}

void BusPeer::serve()
{
    constexpr int kTickMs = 20;
    pollfd waiting{listener_.get(), POLLIN, 0};
    while (::poll(&waiting, 1, kTickMs) <= 0)
        if (stop_)
            return;
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    drop_ = false;
    sd_bus *bus = nullptr;
    must(SD(sd_bus_new)(&bus));
    must(SD(sd_bus_set_fd)(bus, fd.get(), fd.get()));
    (void)fd.release();
    const sd_id128_t id{.bytes = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}};
    must(SD(sd_bus_set_server)(bus, 1, id));
    must(SD(sd_bus_negotiate_fds)(bus, 1));
    must(SD(sd_bus_add_filter)(bus, nullptr, on_message, this));
    const bool started = SD(sd_bus_start)(bus) >= 0; // the client may have left again
    while (started && !stop_ && !drop_) {
        const int r = SD(sd_bus_process)(bus, nullptr);
        if (r < 0 || (r == 0 && SD(sd_bus_wait)(bus, kTickMs * 1000U) < 0))
            break;
    }
    if (drop_)
        (void)SD(sd_bus_flush)(bus);
    (void)SD(sd_bus_close_unref)(bus);
}

} // namespace dbgscope::test
