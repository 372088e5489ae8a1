// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-bus.h>

#include "dbgscope/error.hpp"

// libsystemd, loaded when the first bus is needed: it brings six libraries along, 0.4 ms that no other path should pay.
namespace dbgscope {

/// The functions of sd-bus this program calls. All are older than libsystemd 242.
#define DBGSCOPE_SD_BUS_FUNCTIONS(X)                                                                                   \
    X(sd_bus_new)                                                                                                      \
    X(sd_bus_set_fd)                                                                                                   \
    X(sd_bus_set_address)                                                                                              \
    X(sd_bus_set_bus_client)                                                                                           \
    X(sd_bus_set_allow_interactive_authorization)                                                                      \
    X(sd_bus_start)                                                                                                    \
    X(sd_bus_close_unref)                                                                                              \
    X(sd_bus_is_ready)                                                                                                 \
    X(sd_bus_process)                                                                                                  \
    X(sd_bus_wait)                                                                                                     \
    X(sd_bus_get_fd)                                                                                                   \
    X(sd_bus_get_events)                                                                                               \
    X(sd_bus_get_n_queued_write)                                                                                       \
    X(sd_bus_match_signal_async)                                                                                       \
    X(sd_bus_call_async)                                                                                               \
    X(sd_bus_slot_unref)                                                                                               \
    X(sd_bus_message_new_method_call)                                                                                  \
    X(sd_bus_message_ref)                                                                                              \
    X(sd_bus_message_unref)                                                                                            \
    X(sd_bus_message_append_basic)                                                                                     \
    X(sd_bus_message_append_array)                                                                                     \
    X(sd_bus_message_open_container)                                                                                   \
    X(sd_bus_message_close_container)                                                                                  \
    X(sd_bus_message_enter_container)                                                                                  \
    X(sd_bus_message_read)                                                                                             \
    X(sd_bus_message_read_array)                                                                                       \
    X(sd_bus_message_get_error)

/// Function pointers by their own names: `library.sd_bus_new(&bus)`.
struct BusLibrary {
#define DBGSCOPE_SD_BUS_MEMBER(name) decltype(&::name) name = nullptr;
    DBGSCOPE_SD_BUS_FUNCTIONS(DBGSCOPE_SD_BUS_MEMBER)
#undef DBGSCOPE_SD_BUS_MEMBER
    /// The library is of systemd 255 or later. The manager most likely is too; whoever asks must survive it is not.
    bool since_255 = false;
};

/// Loads libsystemd.so.0 on the first call (thread-safe), never unloads it. Errors: unsupported.
[[nodiscard]] Result<const BusLibrary *> bus_library();

} // namespace dbgscope
