// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace dbgscope {

enum class TopKey { hold, go_on, more, snapshot, up, down, quit };

/// Bytes of a terminal as keys. An arrow comes as ESC [ A or ESC O A, maybe in pieces; what means nothing is dropped,
/// sequences as a whole.
class TopKeys {
  public:
    [[nodiscard]] std::optional<TopKey> feed(char byte);

  private:
    enum class State { plain, escape, sequence } state_ = State::plain;
};

} // namespace dbgscope
