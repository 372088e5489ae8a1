// SPDX-License-Identifier: Apache-2.0
// Precompiled for src/cli: CLI11 is one header of nine thousand lines.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
