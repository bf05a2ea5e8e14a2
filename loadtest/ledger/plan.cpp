#include "loadtest/ledger/plan.hpp"

#include "loadtest/ledger/content.hpp"
#include "loadtest/ledger/message.hpp"

namespace ledger {
namespace {

Method draw_method(Dice& dice, bool idempotent) {
  const std::uint64_t draw = dice.below(100);
  if (draw < 40) return Method::get;
  if (draw < 48) return Method::head;
  if (draw < 63 || idempotent) return Method::put;
  return Method::post;
}

void add_body(PlannedRequest& request, const std::string& body, Dice& dice) {
  request.body_hash = hash_of(body);
  if (dice.chance_in_10000(4'000)) {
    const std::size_t size = dice.between(1 + body.size() / 20, 1 + body.size());
    request.bytes += "Transfer-Encoding: chunked\r\n\r\n" + in_chunks(body, size);
  } else {
    request.bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
}

}  // namespace

std::size_t draw_depth(Dice& dice) noexcept {
  return dice.chance_in_10000(7'500) ? 1 : dice.between(2, 4);
}

PlannedRequest plan_request(Dice& dice, std::uint64_t run, std::uint64_t id, bool idempotent) {
  PlannedRequest request;
  request.id = id;
  request.method = draw_method(dice, idempotent);
  const std::string number = std::to_string(id);
  request.bytes.append(name_of(request.method)).append(" /r/").append(number);
  request.bytes.append(" HTTP/1.1\r\nHost: ledger\r\nX-Ledger-Id: ").append(number).append("\r\n");
  if (request.method == Method::post || request.method == Method::put) {
    const Content content(run, id, Direction::request);
    add_body(request, content.bytes(draw_body_size(dice.draw())), dice);
  } else {
    request.body_hash = hash_of({});
    request.bytes += "\r\n";
  }
  return request;
}

Manner draw_manner(Dice& dice) noexcept {
  // clang-format off
  constexpr Chance<Manner> rows[]{
      {Manner::slow_reader,   40}, {Manner::slow_writer,    40}, {Manner::half_close,       40},
      {Manner::cuts_request, 100}, {Manner::cuts_response,  80}, {Manner::leaves_unheard,   40},
      {Manner::leaves_politely, 150},
  };
  // clang-format on
  return draw_one(dice, rows, Manner::patient);
}

}  // namespace ledger
