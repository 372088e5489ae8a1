// SPDX-License-Identifier: Apache-2.0
#include "sys/bus_library.hpp"

#include <dlfcn.h>

#include <string>

namespace dbgscope {
namespace {

Error missing(std::string cause)
{
    return {.kind = ErrorKind::unsupported,
            .operation = "load",
            .subject = "libsystemd.so.0",
            .cause = std::move(cause),
            .hint = "install libsystemd0 (Debian, Ubuntu) or systemd-libs (Fedora, Arch)"};
}

Result<BusLibrary> open_library()
{
    void *handle = ::dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr)
        return fail(missing(::dlerror()));
    BusLibrary library;
#define DBGSCOPE_SD_BUS_LOOK_UP(name)                                                                                  \
    library.name = reinterpret_cast<decltype(library.name)>(::dlsym(handle, #name));                                   \
    if (library.name == nullptr)                                                                                       \
        return fail(missing("it has no " #name));
    DBGSCOPE_SD_BUS_FUNCTIONS(DBGSCOPE_SD_BUS_LOOK_UP)
#undef DBGSCOPE_SD_BUS_LOOK_UP
    library.since_255 = ::dlsym(handle, "sd_id128_get_app_specific") != nullptr;
    return library;
}

} // namespace

Result<const BusLibrary *> bus_library()
{
    static const Result<BusLibrary> library = open_library();
    if (!library)
        return fail(library.error());
    return &*library;
}

} // namespace dbgscope
