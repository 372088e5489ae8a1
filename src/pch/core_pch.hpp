// SPDX-License-Identifier: Apache-2.0
// Precompiled for every room: what most files include, read once instead of three hundred times. Each file still
// includes what it uses: clang reads them without this (./dev clang).
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>
