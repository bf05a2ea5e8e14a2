#pragma once
// What a user may write about the state that outlives the process. Filled by config/.
#include <string>

namespace sluice::control {

struct StateSpec {
  std::string path;  // of the SQLite database
  friend bool operator==(const StateSpec&, const StateSpec&) = default;
};

}  // namespace sluice::control
