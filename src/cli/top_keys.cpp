// SPDX-License-Identifier: Apache-2.0
#include "cli/top_keys.hpp"

namespace dbgscope {
namespace {

constexpr char kEscape = '\x1b';

std::optional<TopKey> letter(char byte)
{
    switch (byte) {
    case 'h': return TopKey::hold;
    case 'c': return TopKey::go_on;
    case '+': return TopKey::more;
    case 's': return TopKey::snapshot;
    case 'k': return TopKey::up;
    case 'j': return TopKey::down;
    case 'q': return TopKey::quit;
    default: return std::nullopt;
    }
}

} // namespace

std::optional<TopKey> TopKeys::feed(char byte)
{
    if (byte == kEscape) {
        state_ = State::escape;
        return std::nullopt;
    }
    switch (state_) {
    case State::plain: return letter(byte);
    case State::escape:
        state_ = byte == '[' || byte == 'O' ? State::sequence : State::plain;
        return state_ == State::plain ? letter(byte) : std::nullopt; // Escape, and then a key
    case State::sequence:
        if (byte >= '@' && byte <= '~') { // its last byte (ECMA-48)
            state_ = State::plain;
            if (byte == 'A' || byte == 'B')
                return byte == 'A' ? TopKey::up : TopKey::down;
        }
        return std::nullopt;
    }
    return std::nullopt;
}

} // namespace dbgscope
