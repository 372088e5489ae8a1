// SPDX-License-Identifier: Apache-2.0
// Precompiled for the tests: what nearly every one of them includes, read once instead of a hundred times.
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
