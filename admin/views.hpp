#pragma once
// How things look in JSON: one function a noun.
#include <string>

#include <boost/json/object.hpp>

#include "admin/exchange.hpp"
#include "control/audit.hpp"
#include "control/events.hpp"
#include "control/state.hpp"
#include "health/status.hpp"

namespace sluice::admin {

Response make_json(const boost::json::value& value);

// RFC 3339, UTC, milliseconds.
std::string format_time(control::WallTime time);

boost::json::object describe(const control::Weights& weights);
boost::json::object describe_weights(const control::RouteWeights& entry);
boost::json::object describe(const health::EndpointStatus& status);
boost::json::object describe(const control::AuditRow& row);
boost::json::object describe(const control::Event& event);

}  // namespace sluice::admin
