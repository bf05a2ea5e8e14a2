#pragma once
// How things look in JSON: one function a noun.
#include <string>

#include <boost/json/object.hpp>

#include "admin/exchange.hpp"
#include "control/audit.hpp"
#include "control/events.hpp"
#include "control/state.hpp"
#include "health/status.hpp"
#include "telemetry/recent_traffic.hpp"

namespace sluice::admin {

// Its text, numbers as people write them (0.9, where the library would write 9E-1).
std::string to_text(const boost::json::value& value);
Response make_json(const boost::json::value& value);

using control::format_time;

boost::json::object describe(const control::Weights& weights);
boost::json::object describe_weights(const control::RouteWeights& entry);
// What a route had in the last seconds: {"blue":0.9,"canary":0.1}, empty when it had nothing.
boost::json::object describe_observed(const std::vector<telemetry::ArmRate>& rates,
                                      const std::string& route);
// Of the same: {"requests_per_second":120.5,"errors_per_second":0.1}.
boost::json::object describe_traffic(const std::vector<telemetry::ArmRate>& rates,
                                     const std::string& route);
// With what operators want of it.
boost::json::object describe_endpoint(const control::State& state,
                                      const health::EndpointStatus& status);
boost::json::object describe(const control::AuditRow& row);
boost::json::object describe(const control::Event& event);

}  // namespace sluice::admin
