#pragma once
// One line of the audit: who did or tried what.
#include <cstdint>
#include <optional>
#include <string>

#include "control/state.hpp"

namespace sluice::control {

// Whose wish it is.
struct Actor {
  std::string name;  // of the token; "-" when nobody was recognised; "sluice" for the proxy itself
  std::string role;
  std::string peer;  // "127.0.0.1:41234", "unix"; empty for the proxy itself
};

struct AuditRow {
  std::uint64_t id = 0;  // given when it is written
  WallTime at = {};
  Actor actor = {};
  std::string action = {};  // "weights", "switch", "endpoint", "reload", ...
  std::string target = {};  // "shop"
  std::string before = {};
  std::string after = {};
  std::string reason = {};  // as given by the actor
  std::string result = {};  // "done", or why not
};

struct AuditQuery {
  std::uint64_t before_id = UINT64_MAX;  // older than this one
  std::uint32_t limit = 100;             // newest first
  std::string target = {};               // empty: any
};

}  // namespace sluice::control
