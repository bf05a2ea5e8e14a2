#pragma once
// The run as a table for people: what was sent, what came of it, what was broken meanwhile, and the
// verdict, one line a rule.
#include <string>

#include "loadtest/ledger/faults.hpp"
#include "loadtest/ledger/judge.hpp"

namespace ledger {

std::string report(const Evidence& evidence, const FaultCounts& faults, const Verdict& verdict);

}  // namespace ledger
