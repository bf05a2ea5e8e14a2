#pragma once
// What a user may write about the admin listener. Filled by config/, read by admin/.
#include <string>

namespace sluice::admin {

struct AdminSpec {
  std::string
      listen;  // "127.0.0.1:9901" or "unix:/run/sluice/admin.sock"; empty: no admin listener
  std::string tokens_file = {};  // empty: reading is open, and one token is made for this run
  friend bool operator==(const AdminSpec&, const AdminSpec&) = default;
};

}  // namespace sluice::admin
