#pragma once
// The whole configuration as values: the sum of every folder's spec.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/spec.hpp"
#include "control/spec.hpp"
#include "notify/spec.hpp"
#include "proxy/spec.hpp"
#include "rollout/spec.hpp"
#include "routing/spec.hpp"
#include "telemetry/spec.hpp"

namespace sluice::config {

struct Configuration {
  std::uint32_t workers = 0;  // 0 (written `auto`): one per core the process may use
  std::chrono::milliseconds drain_timeout{30'000};
  std::optional<control::StateSpec> state;  // absent: in memory
  // Signing keys of sticky cookies, newest first, as read from sticky_keys_file (decoded, each at
  // least 16 bytes). Empty: one is made and kept in the state.
  std::string sticky_keys_file;  // absolute or relative to the working directory, already resolved
  std::vector<std::string> sticky_keys;
  admin::AdminSpec admin;
  std::optional<telemetry::AccessLogSpec> access_log;  // absent: none is written
  std::optional<telemetry::TracingSpec> tracing;       // absent: no spans are recorded
  std::vector<notify::NotificationSpec> notifications;
  std::vector<proxy::ListenerSpec> listeners;
  routing::RoutingSpec routing;
  std::vector<rollout::RolloutSpec> rollouts;  // that may be started
  std::vector<rollout::ExperimentSpec> experiments = {};
  friend bool operator==(const Configuration&, const Configuration&) = default;
};

}  // namespace sluice::config
