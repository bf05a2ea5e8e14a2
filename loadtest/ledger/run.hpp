#pragma once
// `ledger run`: upstreams, proxy, clients and faults together, then the judge.
#include <cstdint>
#include <string>

namespace ledger {

struct RunOptions {
  std::string sluice;  // the program; or
  std::string lie;     // a liar in its place
  std::uint64_t requests = 500'000;
  std::uint64_t seed = 1;
  std::size_t connections = 64;
  std::uint64_t reload_every = 0;  // requests between two reloads of the proxy; 0: none
  std::string route;               // more for the route, such as `retry: { attempts: 2 }`
  std::string folder;  // for ledgers and output; empty: a temporary one, kept if there is a reason
};

// 0: clean; 1: violated; 2: could not be run.
int run(const RunOptions& options);

}  // namespace ledger
