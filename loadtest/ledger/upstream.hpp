#pragma once
// `ledger upstream`: a server that writes down what it has processed before it answers, and
// misbehaves at times.
#include <cstdint>
#include <string>

namespace ledger {

struct UpstreamOptions {
  std::string name;  // blue.1
  std::uint16_t port = 0;
  std::string log;
  std::uint64_t run = 0;       // seed of the bodies, the same for all processes of a run
  std::uint64_t mischief = 0;  // seed of the mischief; 0: behaves
};

// Serves until it is killed.
int serve_upstream(const UpstreamOptions& options);

}  // namespace ledger
