#pragma once
// What a user may write about who is told of events. Filled by config/.
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::notify {

enum class Format : std::uint8_t { cloudevents, slack, pagerduty };

struct NotificationSpec {
  std::string url;               // http:// or https://
  std::string secret_file = {};  // empty: nothing is signed
  std::string secret = {};       // its first line; of pagerduty the routing key
  Format format = Format::cloudevents;
  std::vector<std::string> events = {"reversion", "weights", "switch",
                                     "endpoint",  "rollout", "reload"};  // labels of their kinds
  friend bool operator==(const NotificationSpec&, const NotificationSpec&) = default;
};

}  // namespace sluice::notify
