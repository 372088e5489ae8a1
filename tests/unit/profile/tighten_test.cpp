// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "profile/tighten.hpp"

namespace dbgscope {
namespace {

struct Row {
    Key key;
    const char *wanted;
    const char *below; ///< empty: nothing is set
    bool tightens;
};

TEST(Tightens, TableOfKeys)
{
    const Row table[] = {
        {Key::memory_max, "512M", "1G", true},
        {Key::memory_max, "1G", "1G", true},
        {Key::memory_max, "2G", "1G", false},
        {Key::memory_max, "2G", "", true},
        {Key::memory_max, "2G", "infinity", true},
        {Key::memory_max, "infinity", "", false},
        {Key::memory_max, "infinity", "1G", false},
        {Key::memory_max, "infinity", "infinity", true},
        {Key::memory_max, "10%", "64G", false}, // of an unknown total
        {Key::memory_max, "64M", "90%", false},
        {Key::memory_max, "10%", "20%", true},
        {Key::memory_swap_max, "0", "50%", true},
        {Key::memory_low, "1M", "", false}, // takes from others
        {Key::memory_low, "0", "", true},
        {Key::memory_min, "1M", "2M", true},
        {Key::memory_min, "infinity", "", false},
        {Key::memory_share, "50%", "75%", true},
        {Key::memory_share, "80%", "75%", false},
        {Key::pressure_some, "10%", "40%", true},
        {Key::pressure_some, "50%", "40%", false},
        {Key::cpu_quota, "100%", "", true},
        {Key::cpu_quota, "200%", "100%", false},
        {Key::cpu_weight, "50", "", true},
        {Key::cpu_weight, "101", "", false}, // the kernel's default is 100
        {Key::cpu_weight, "idle", "1", true},
        {Key::io_weight, "200", "300", true},
        {Key::tasks_max, "100", "200", true},
        {Key::tasks_max, "infinity", "200", false},
        {Key::runtime_max, "1h", "", true},
        {Key::runtime_max, "1h", "30min", false},
        {Key::runtime_max, "infinity", "", false},
        {Key::pressure_action, "refuse", "warn", true},
        {Key::pressure_action, "warn", "warn", true},
        {Key::pressure_action, "off", "warn", false},
        {Key::require, "scope", "limit", true},
        {Key::slice, "a", "a", false},
        {Key::setenv, "A=1", "", false},
        {Key::collect, "no", "", false},
    };
    for (const auto &[key, wanted, below, expected] : table) {
        const KeyInfo &info = key_info(key);
        const Value value = *parse_value(info, wanted);
        const auto lower = *below == '\0' ? Result<Value>(Value{}) : parse_value(info, below);
        EXPECT_EQ(tightens(info, value, *below == '\0' ? nullptr : &*lower), expected)
            << info.name << ' ' << wanted << " over " << below;
    }
}

} // namespace
} // namespace dbgscope
