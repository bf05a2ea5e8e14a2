#pragma once
// What an upstream does wrong, and how often. Drawn from the request's id and the process's seed.
#include <cstdint>

#include "loadtest/ledger/dice.hpp"

namespace ledger {

enum class Mischief : std::uint8_t {
  none,
  reset_unread,      // RST when the head has been read
  close_unread,      // FIN when the head has been read
  answer_unread,     // 413 when the head has been read, then FIN
  close_unanswered,  // all read and processed, then FIN
  half_a_head,       // FIN within the head of the response
  reset_in_body,     // RST within the body
  close_in_body,     // FIN within the body
  bad_chunk,         // within the body a chunk size that is none
  extra_answer,      // a second response to nothing, right behind the first: poison for whoever
                     // would read it as the next one
  server_error,      // 503, otherwise as it should be
  last_answer,       // Connection: close
  hidden_close,      // closes after the response, and has not said so
  late,              // answers after a while
  too_late,          // answers when the proxy has given up
};

inline Mischief draw_mischief(Dice& dice) noexcept {
  // clang-format off
  constexpr Chance<Mischief> rows[]{
      {Mischief::reset_unread,     15}, {Mischief::close_unread,  15}, {Mischief::answer_unread, 15},
      {Mischief::close_unanswered, 20}, {Mischief::half_a_head,   20}, {Mischief::reset_in_body, 30},
      {Mischief::close_in_body,    30}, {Mischief::bad_chunk,     20}, {Mischief::extra_answer,  30},
      {Mischief::server_error,     30}, {Mischief::last_answer,   60}, {Mischief::hidden_close,  60},
      {Mischief::late,             40}, {Mischief::too_late,       1},
  };
  // clang-format on
  return draw_one(dice, rows, Mischief::none);
}

}  // namespace ledger
