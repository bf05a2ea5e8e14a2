#pragma once
// What a client does next: a batch of requests on one connection, and how it misbehaves with them.
#include <cstdint>
#include <string>
#include <vector>

#include "loadtest/ledger/dice.hpp"
#include "loadtest/ledger/entry.hpp"

namespace ledger {

struct PlannedRequest {
  std::uint64_t id = 0;
  Method method = Method::get;
  std::string bytes;  // head and body as they go out
  std::uint64_t body_hash = 0;
};

enum class Manner : std::uint8_t {
  patient,
  slow_reader,
  slow_writer,
  half_close,       // FIN behind the last request, then waits for the answers
  cuts_request,     // ends the connection within the last request
  cuts_response,    // ends it within the first response
  leaves_unheard,   // ends it when all is sent
  leaves_politely,  // closes after the answers
};

struct Batch {
  std::vector<PlannedRequest> requests;  // more than one: pipelined, all idempotent
  Manner manner = Manner::patient;
  bool reset = false;  // whoever ends the connection does it with RST
};

// Pipelined are only requests that one may send again.
std::size_t draw_depth(Dice& dice) noexcept;
PlannedRequest plan_request(Dice& dice, std::uint64_t run, std::uint64_t id, bool idempotent);
Manner draw_manner(Dice& dice) noexcept;

}  // namespace ledger
