// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <span>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tools/explain/explain.hpp"

namespace dbgscope {

[[nodiscard]] inline Explanation explain(std::string_view content)
{
    UniqueFd file(::memfd_create("log", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
    ::lseek(file.get(), 0, SEEK_SET);
    auto log = LogReader::from(std::move(file), "x.log");
    EXPECT_TRUE(log);
    Explainer explainer(std::nullopt);
    EXPECT_TRUE(explainer.read(*log));
    return explainer.finish();
}

/// The ids of what is listed by itself, consequences left out, joined by blanks.
[[nodiscard]] inline std::string listed(std::string_view content)
{
    std::string ids;
    for (const Finding &finding : explain(content).findings)
        if (!finding.explained)
            ids += (ids.empty() ? "" : " ") + std::string(finding.rule->id);
    return ids;
}

struct Report {
    std::string_view content, listed;
};

inline void judge(std::span<const Report> reports)
{
    for (const Report &report : reports)
        EXPECT_EQ(listed(report.content), report.listed) << report.content;
}

} // namespace dbgscope
