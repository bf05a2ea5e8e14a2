#pragma once
// Reads the answer to one request and holds it against what it must be.
#include <cstdint>
#include <string>
#include <vector>

#include "loadtest/ledger/entry.hpp"
#include "loadtest/ledger/message.hpp"

namespace ledger {

struct Expectation {
  std::uint64_t run = 0;
  const std::vector<std::string>& servers;
  // Bytes of the body after which the client loses interest.
  std::uint64_t patience = UINT64_MAX;
};

struct Reading {
  Outcome outcome = Outcome::unanswered;
  bool connection_usable = false;  // for the answer after this one
  bool reset = false;              // the connection ended with RST where a head should have begun
};

// Fills in status and server of the entry. The outcome is `unanswered` when not a byte has come.
Reading read_answer(Line& line, const Expectation& expectation, ClientEntry& entry);

}  // namespace ledger
