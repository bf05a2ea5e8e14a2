#pragma once
// How client verbs reach the admin listener of a running process.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace sluice::app {

// Where it is and who asks.
struct AdminAddress {
  std::string admin = "http://127.0.0.1:9901";  // or "unix:/run/sluice/admin.sock"
  std::string token;                            // may be empty
};

struct AdminQuestion {
  std::string method = "GET";
  std::string target;
  std::string body = {};      // JSON
  std::string if_match = {};  // empty: not sent
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct AdminAnswer {
  unsigned status = 0;
  std::string body;
};

// Waits at most ten seconds for each step. Thread: any; blocks it. Errors: one sentence for people,
// naming the address.
Result<AdminAnswer, std::string> ask_admin(const AdminAddress& address,
                                           const AdminQuestion& question);

// The options --admin and --token of a verb, or SLUICE_ADMIN and SLUICE_TOKEN.
std::shared_ptr<AdminAddress> add_admin_options(CLI::App& verb);

}  // namespace sluice::app
