// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbgscope/plan.hpp"
#include "sys/bus_library.hpp"

namespace dbgscope {

/// Appends to one message. After a failure the rest does nothing useful and status() has the first negative errno.
class BusWriter {
  public:
    BusWriter(const BusLibrary &library, sd_bus_message *message) : library_(library), message_(message) {}
    [[nodiscard]] int status() const { return status_; }

    void open(char type, const char *contents)
    {
        keep(library_.sd_bus_message_open_container(message_, type, contents));
    }
    void close() { keep(library_.sd_bus_message_close_container(message_)); }
    void basic(char type, const void *value) { keep(library_.sd_bus_message_append_basic(message_, type, value)); }
    void text(const std::string &value) { basic('s', value.c_str()); }
    void bytes(const std::vector<std::uint8_t> &value)
    {
        keep(library_.sd_bus_message_append_array(message_, 'y', value.data(), value.size()));
    }
    void texts(const std::vector<std::string> &values)
    {
        open('a', "s");
        for (const std::string &value : values)
            text(value);
        close();
    }
    void truth(bool value)
    {
        const int wide = value ? 1 : 0; // sd-bus reads a boolean as an int
        basic('b', &wide);
    }
    template <class Items, class Each> void structs(const char *contents, const Items &items, Each &&each)
    {
        const std::string element = '(' + std::string(contents) + ')';
        open('a', element.c_str());
        for (const auto &item : items) {
            open('r', contents);
            each(item);
            close();
        }
        close();
    }

    /// One `(sv)` of a property list.
    void property(const std::string &name, const BusValue &value);

  private:
    void keep(int result)
    {
        if (status_ >= 0)
            status_ = result;
    }
    const BusLibrary &library_;
    sd_bus_message *message_;
    int status_ = 0;
};

} // namespace dbgscope
