// SPDX-License-Identifier: Apache-2.0
#include "sys/bus.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sys/fd.hpp"

namespace dbgscope {
namespace {

constexpr const char *kDestination = "org.freedesktop.systemd1";
constexpr const char *kManagerPath = "/org/freedesktop/systemd1";
constexpr const char *kManagerInterface = "org.freedesktop.systemd1.Manager";

/// sd-bus returns a negative errno.
Error bus_error(int result, const char *operation, std::string subject)
{
    return errno_error(-result, operation, std::move(subject));
}

/// Connects a private socket. Done here and not by sd-bus: it waits while the manager's queue of connections is full
/// (sd-bus gives EAGAIN), and the manager accepts it on another CPU while we are still loading libsystemd.
Result<UniqueFd> connect_socket(const std::string &path, std::chrono::milliseconds timeout)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(errno_error(ENAMETOOLONG, "connect to", path));
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.valid())
        return fail(errno_error(errno, "create", "socket"));
    const timeval wait{timeout.count() / 1000, (timeout.count() % 1000) * 1000};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) < 0)
        return fail(errno_error(errno == EAGAIN ? ETIMEDOUT : errno, "connect to", path));

    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return fail(errno_error(errno, "ask who listens on", path));
    if (peer.uid != 0 && peer.uid != ::geteuid())
        return fail({.kind = ErrorKind::denied,
                     .operation = "trust",
                     .subject = path,
                     .cause = "user " + std::to_string(peer.uid) + " listens there, not root and not us"});
    return fd;
}

extern "C" int on_answer(sd_bus_message *message, void *userdata, sd_bus_error *) noexcept
{
    auto *pending = static_cast<PendingCall *>(userdata);
    const BusUnref unref = pending->slot.get_deleter();
    pending->answer = BusMessage(unref.library->sd_bus_message_ref(message), unref);
    return 1;
}

Result<BusHandle> new_bus(const BusLibrary &library)
{
    sd_bus *raw = nullptr;
    if (const int r = library.sd_bus_new(&raw); r < 0)
        return fail(bus_error(r, "create", "bus connection"));
    return BusHandle(raw, BusUnref{&library});
}

} // namespace

std::string bus_address(std::string_view path_or_address)
{
    if (!path_or_address.starts_with('/'))
        return std::string(path_or_address);
    constexpr std::string_view kPlain = "-_/.\\*0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string address = "unix:path=";
    for (const char c : path_or_address) {
        const auto byte = static_cast<unsigned char>(c);
        if (kPlain.find(c) != std::string_view::npos)
            address += c;
        else
            address.append({'%', kHex[byte >> 4U], kHex[byte & 0xfU]});
    }
    return address;
}

std::string PendingCall::error_name() const
{
    const sd_bus_error *error = answer ? answer.get_deleter().library->sd_bus_message_get_error(answer.get()) : nullptr;
    return error != nullptr && error->name != nullptr ? error->name : "";
}

std::string PendingCall::error_text() const
{
    const sd_bus_error *error = answer ? answer.get_deleter().library->sd_bus_message_get_error(answer.get()) : nullptr;
    return error != nullptr && error->message != nullptr ? error->message : "";
}

Result<ManagerBus> ManagerBus::connect(const ManagerAddress &address, std::chrono::milliseconds timeout)
{
    Result<UniqueFd> fd = fail({.kind = ErrorKind::unsupported,
                                .operation = "reach",
                                .subject = address.user_manager ? "the user manager" : "the system manager",
                                .cause = "neither a private socket nor a bus is known"});
    if (!address.socket.empty())
        fd = connect_socket(address.socket, timeout);
    if (!fd && address.bus.empty())
        return pass(fd);
    auto library = bus_library();
    if (!library)
        return pass(library);
    auto bus = new_bus(**library);
    if (!bus)
        return pass(bus);
    const BusLibrary &sd = **library;
    int r = 0;
    if (fd) {
        r = sd.sd_bus_set_fd(bus->get(), fd->get(), fd->get());
        if (r >= 0)
            (void)fd->release();
    } else {
        r = sd.sd_bus_set_address(bus->get(), bus_address(address.bus).c_str());
        if (r >= 0)
            r = sd.sd_bus_set_bus_client(bus->get(), 1);
    }
    if (r >= 0 && address.ask_password)
        r = sd.sd_bus_set_allow_interactive_authorization(bus->get(), 1);
    if (r >= 0)
        r = sd.sd_bus_start(bus->get());
    if (r < 0)
        return fail(bus_error(r, "connect to", fd ? address.socket : address.bus));
    return ManagerBus(sd, std::move(*bus), fd.has_value());
}

Result<BusMessage> ManagerBus::call(const char *path, const char *interface, const char *member) const
{
    sd_bus_message *raw = nullptr;
    if (const int r = library_->sd_bus_message_new_method_call(bus_.get(), &raw, kDestination, path, interface, member);
        r < 0)
        return fail(bus_error(r, "prepare", member));
    return BusMessage(raw, BusUnref{library_});
}

Result<BusMessage> ManagerBus::manager_call(const char *member) const
{
    return call(kManagerPath, kManagerInterface, member);
}

Result<void> ManagerBus::send(const BusMessage &message, PendingCall &pending) const
{
    // The time limit of a call is drive()'s deadline; sd-bus's own (25 s) is too short for a person at a prompt.
    constexpr std::uint64_t kNever = UINT64_MAX;
    sd_bus_slot *raw = nullptr;
    const int r = library_->sd_bus_call_async(bus_.get(), &raw, message.get(), on_answer, &pending, kNever);
    if (r < 0)
        return fail(bus_error(r, "send", "a call to the manager"));
    pending.answer.reset();
    pending.slot = BusSlot(raw, BusUnref{library_});
    return {};
}

Result<BusSlot> ManagerBus::match(const char *member, sd_bus_message_handler_t handler, void *userdata) const
{
    // On a private socket this is local and a sender would match nothing; a broker is told by a queued AddMatch, which
    // it handles before the calls queued after it.
    sd_bus_slot *raw = nullptr;
    const int r = library_->sd_bus_match_signal_async(bus_.get(), &raw, direct_ ? nullptr : kDestination, kManagerPath,
                                                      kManagerInterface, member, handler, nullptr, userdata);
    if (r < 0)
        return fail(bus_error(r, "listen for", member));
    return BusSlot(raw, BusUnref{library_});
}

Result<void> ManagerBus::step(Deadline deadline) const
{
    int r = library_->sd_bus_process(bus_.get(), nullptr);
    if (r == 0) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Deadline::clock::now());
        if (left.count() <= 0)
            return fail({.kind = ErrorKind::timeout,
                         .operation = "wait for",
                         .subject = "the manager",
                         .cause = "no answer in time",
                         .error_number = ETIMEDOUT});
        r = library_->sd_bus_wait(bus_.get(), static_cast<std::uint64_t>(left.count()));
    }
    if (r == -EPERM || r == -EACCES)
        return fail({.kind = ErrorKind::denied,
                     .operation = "talk to",
                     .subject = "the manager",
                     .cause = "it does not talk to this user",
                     .hint = "a user manager answers its own user only: run this as that user",
                     .error_number = -r});
    if (r < 0 && r != -EINTR)
        return fail({.kind = ErrorKind::system,
                     .operation = "talk to",
                     .subject = "the manager",
                     .cause = "it closed the connection",
                     .error_number = -r});
    return {};
}

bool ManagerBus::flushed() const
{
    std::uint64_t queued = 0;
    return library_->sd_bus_is_ready(bus_.get()) > 0 && library_->sd_bus_get_n_queued_write(bus_.get(), &queued) >= 0 &&
           queued == 0;
}

} // namespace dbgscope
