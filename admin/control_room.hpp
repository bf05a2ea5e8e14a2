#pragma once
// What handlers may look at and ask for: the control thread's doors.
//
// Thread: all functions are called on the admin server's. Path: cold.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/diagnostic.hpp"
#include "control/audit.hpp"
#include "control/control.hpp"
#include "control/events.hpp"
#include "control/experiments.hpp"
#include "control/guard_status.hpp"
#include "control/rollouts.hpp"
#include "health/status.hpp"
#include "telemetry/recent_traffic.hpp"

namespace sluice::admin {

struct ShownConfiguration {
  std::string path;  // of its file
  std::string text;  // as it is served
};

// The generation, once every worker serves it, or everything that is wrong.
using ReloadDone = std::function<void(Result<std::uint64_t, std::vector<config::Diagnostic>>)>;

struct ControlRoom {
  // Never null once the server listens.
  std::function<std::shared_ptr<const control::View>()> view;
  std::function<void(control::Request, control::Control::Reply)> request;
  // The same with the weights of the route that are known to be good; `change` is filled in.
  std::function<void(control::Request, std::string route, control::Control::Reply)> revert;
  // None: the route has no guard, or does not exist.
  std::function<void(std::string route, std::function<void(std::optional<control::GuardStatus>)>)>
      guard;
  std::function<void(std::string route, std::function<void(std::optional<control::RolloutStatus>)>)>
      rollout;
  std::function<void(control::RolloutRequest, control::Rollouts::Reply)> steer;
  std::function<std::vector<control::BreachRecord>()> breaches;  // newest first
  std::function<void(control::AuditQuery,
                     std::function<void(Result<std::vector<control::AuditRow>, std::string>)>)>
      audit;
  std::function<std::vector<health::EndpointStatus>()> statuses;  // ordered by upstream
  // Why the proxy should get no traffic, one sentence each; none: it is ready.
  std::function<std::vector<std::string>()> obstacles;
  std::function<std::string()> metrics;  // Prometheus text
  // Of the last seconds.
  std::function<std::vector<telemetry::ArmRate>()> rates;
  const control::Events* events = nullptr;      // null: nothing is told
  control::Experiments* experiments = nullptr;  // null: there are none
  std::function<void(control::AuditRow)> note;  // of what is no change of control's state
  std::function<ShownConfiguration()> configuration;
  std::function<void(control::Actor, ReloadDone)> reload;
  std::function<void(control::Actor)> drain;  // both may be empty
};

}  // namespace sluice::admin
