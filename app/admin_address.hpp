#pragma once
// How client verbs reach the admin listener of a running process.
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice::app {

struct AdminAnswer {
  unsigned status = 0;
  std::string body;
};

// GET `target` from `admin`: "http://127.0.0.1:9901" or "unix:/run/sluice/admin.sock". Waits at
// most two seconds for each step. Thread: any; blocks it. Errors: one sentence for people, naming
// the address.
Result<AdminAnswer, std::string> ask_admin(const std::string& admin, std::string_view target);

}  // namespace sluice::app
