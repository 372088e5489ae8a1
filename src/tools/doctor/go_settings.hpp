// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/doctor/doctor.hpp"

// What `go env` would say, read without running it: a tool chain that hangs or is damaged must not hide why.
namespace dbgscope {

struct GoSetting {
    std::string value;
    std::string from; ///< "the environment", the path of go's env file, or "go's default"
};

/// GOPATH, GOBIN, GOCACHE, GOMODCACHE, GOFLAGS, GOTMPDIR, GOTOOLCHAIN, GOROOT, …: the environment, then the file that
/// `go env -w` writes ($GOENV, or go/env in $XDG_CONFIG_HOME or ~/.config), then the default for those that lie in the
/// home directory. Source: cmd/go/internal/cfg (EnvFile, Getenv).
[[nodiscard]] GoSetting go_setting(const DoctorInput &input, const std::string &name);

/// Where `go install` and the editors' tool updates put programs: GOBIN, and bin in each directory of GOPATH.
[[nodiscard]] std::vector<std::string> go_bins(const DoctorInput &input);

} // namespace dbgscope
