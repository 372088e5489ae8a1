// SPDX-License-Identifier: Apache-2.0
#include "sys/notifications.hpp"

#include <cerrno>

#include "sys/bus_value.hpp"

namespace dbgscope {
namespace {

constexpr const char *kService = "org.freedesktop.Notifications";
constexpr const char *kPath = "/org/freedesktop/Notifications";

Error failure(int result, std::string operation)
{
    return errno_error(-result, std::move(operation), "the desktop's notification service");
}

extern "C" int on_reply(sd_bus_message *message, void *userdata, sd_bus_error *) noexcept
{
    auto *pending = static_cast<PendingCall *>(userdata);
    const BusUnref unref = pending->slot.get_deleter();
    pending->answer = BusMessage(unref.library->sd_bus_message_ref(message), unref);
    return 1;
}

extern "C" int on_action(sd_bus_message *message, void *userdata, sd_bus_error *) noexcept
{
    // Loaded before any signal can come.
    const auto library = bus_library();
    NotificationEvent event;
    const char *key = nullptr;
    if (library && (*library)->sd_bus_message_read(message, "us", &event.id, &key) > 0 && key != nullptr) {
        event.action = key;
        static_cast<std::vector<NotificationEvent> *>(userdata)->push_back(std::move(event));
    }
    return 0;
}

extern "C" int on_closed(sd_bus_message *message, void *userdata, sd_bus_error *) noexcept
{
    const auto library = bus_library();
    NotificationEvent event;
    std::uint32_t reason = 0;
    if (library && (*library)->sd_bus_message_read(message, "uu", &event.id, &reason) > 0)
        static_cast<std::vector<NotificationEvent> *>(userdata)->push_back(std::move(event));
    return 0;
}

/// The body may be taken for markup.
std::string escaped(const std::string &text)
{
    std::string safe;
    for (const char c : text)
        safe += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return safe;
}

} // namespace

Result<Notifications> Notifications::connect(const std::string &address, Deadline deadline)
{
    const auto library = bus_library();
    if (!library)
        return fail(library.error());
    const BusLibrary &sd = **library;
    sd_bus *raw = nullptr;
    int r = sd.sd_bus_new(&raw);
    if (r < 0)
        return fail(failure(r, "reach"));
    BusHandle bus(raw, BusUnref{&sd});
    r = sd.sd_bus_set_address(raw, bus_address(address).c_str());
    if (r >= 0)
        r = sd.sd_bus_set_bus_client(raw, 1);
    if (r >= 0)
        r = sd.sd_bus_start(raw);
    if (r < 0)
        return fail(failure(r, "reach"));
    Notifications service(sd, std::move(bus));
    if (auto listening = service.listen(); !listening)
        return pass(listening);
    if (auto known = service.read_capabilities(deadline); !known)
        return pass(known);
    return service;
}

Result<void> Notifications::listen()
{
    const std::pair<const char *, sd_bus_message_handler_t> signals[] = {{"ActionInvoked", on_action},
                                                                         {"NotificationClosed", on_closed}};
    for (const auto &[member, handler] : signals) {
        sd_bus_slot *slot = nullptr;
        const int r = library_->sd_bus_match_signal_async(bus_.get(), &slot, kService, kPath, kService, member, handler,
                                                          nullptr, came_.get());
        if (r < 0)
            return fail(failure(r, "listen to"));
        slots_.emplace_back(slot, BusUnref{library_});
    }
    return {};
}

Result<BusMessage> Notifications::method(const char *member) const
{
    sd_bus_message *raw = nullptr;
    if (const int r = library_->sd_bus_message_new_method_call(bus_.get(), &raw, kService, kPath, kService, member);
        r < 0)
        return fail(failure(r, "ask"));
    return BusMessage(raw, BusUnref{library_});
}

Result<BusMessage> Notifications::ask(const BusMessage &message, Deadline deadline) const
{
    PendingCall pending;
    sd_bus_slot *slot = nullptr;
    const auto left = [deadline] {
        return std::chrono::duration_cast<std::chrono::microseconds>(deadline - Deadline::clock::now()).count();
    };
    int r = library_->sd_bus_call_async(bus_.get(), &slot, message.get(), on_reply, &pending, UINT64_MAX);
    if (r < 0)
        return fail(failure(r, "ask"));
    pending.slot = BusSlot(slot, BusUnref{library_});
    while (!pending.answered()) {
        r = library_->sd_bus_process(bus_.get(), nullptr);
        if (r == 0) {
            if (left() <= 0)
                return fail(failure(-ETIMEDOUT, "ask"));
            r = library_->sd_bus_wait(bus_.get(), static_cast<std::uint64_t>(left()));
        }
        if (r < 0 && r != -EINTR)
            return fail(failure(r, "ask"));
    }
    if (const std::string name = pending.error_name(); !name.empty())
        return fail({.kind = ErrorKind::system,
                     .operation = "ask",
                     .subject = "the desktop's notification service",
                     .cause = name + ": " + pending.error_text()});
    return std::move(pending.answer);
}

Result<void> Notifications::read_capabilities(Deadline deadline)
{
    auto message = method("GetCapabilities");
    auto answer = message ? ask(*message, deadline) : std::move(message);
    if (!answer)
        return pass(answer);
    int r = library_->sd_bus_message_enter_container(answer->get(), 'a', "s");
    const char *word = nullptr;
    while (r > 0 && (r = library_->sd_bus_message_read(answer->get(), "s", &word)) > 0) {
        actions_ |= std::string_view(word) == "actions";
        markup_ |= std::string_view(word) == "body-markup";
    }
    return r < 0 ? Result<void>(fail(failure(r, "understand"))) : Result<void>();
}

Result<std::uint32_t> Notifications::show(const Notification &what, std::uint32_t replaces, Deadline deadline)
{
    auto message = method("Notify");
    if (!message)
        return pass(message);
    const std::uint8_t urgency = what.urgent ? 2 : 1; // critical, normal
    // ms; 0: never, which notify-osd, whose bubbles have no buttons, takes for a dialog: without a number, so that it
    // can neither be replaced nor taken away.
    const std::int32_t expires = what.stays && actions_ ? 0 : -1;
    std::vector<std::string> actions;
    if (actions_)
        for (const auto &[key, label] : what.actions)
            actions.insert(actions.end(), {key, label});
    BusWriter out(*library_, message->get());
    out.text("dbgscope");
    out.basic('u', &replaces);
    out.text(""); // no icon
    out.text(what.summary);
    out.text(markup_ ? escaped(what.body) : what.body);
    out.texts(actions);
    out.open('a', "{sv}");
    out.open('e', "sv");
    out.text("urgency");
    out.open('v', "y");
    out.basic('y', &urgency);
    for (int i = 0; i < 3; ++i)
        out.close();
    out.basic('i', &expires);
    if (out.status() < 0)
        return fail(failure(out.status(), "prepare a message for"));
    auto answer = ask(*message, deadline);
    if (!answer)
        return pass(answer);
    std::uint32_t id = 0;
    if (const int r = library_->sd_bus_message_read(answer->get(), "u", &id); r <= 0)
        return fail(failure(r < 0 ? r : -EBADMSG, "understand"));
    // What has come until this answer was of the one before: a service closes what a person has answered.
    std::erase_if(*came_, [id](const NotificationEvent &event) { return event.id == id; });
    return id;
}

Result<void> Notifications::close(std::uint32_t id, Deadline deadline)
{
    auto message = method("CloseNotification");
    if (!message)
        return pass(message);
    BusWriter out(*library_, message->get());
    out.basic('u', &id);
    auto answer = out.status() < 0 ? Result<BusMessage>(fail(failure(out.status(), "ask"))) : ask(*message, deadline);
    if (!answer)
        return pass(answer);
    return {};
}

int Notifications::fd() const
{
    return library_->sd_bus_get_fd(bus_.get());
}

short Notifications::events() const
{
    return static_cast<short>(library_->sd_bus_get_events(bus_.get()));
}

Result<std::vector<NotificationEvent>> Notifications::process()
{
    int r = 0;
    while ((r = library_->sd_bus_process(bus_.get(), nullptr)) > 0) {
    }
    if (r < 0)
        return fail(failure(r, "listen to"));
    return std::exchange(*came_, {});
}

} // namespace dbgscope
