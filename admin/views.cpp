#include "admin/views.hpp"

#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/json_text.hpp"
#include "base/utf8.hpp"
#include "control/change.hpp"

namespace sluice::admin {

namespace json = boost::json;

namespace {

double rounded(double value, double to) {
  return std::round(value * to) / to;
}

void append(std::string& out, const json::value& value);

void append(std::string& out, const json::array& array) {
  out += '[';
  for (const json::value& one : array) {
    if (&one != array.begin()) out += ',';
    append(out, one);
  }
  out += ']';
}

void append(std::string& out, const json::object& object) {
  out += '{';
  for (const auto& member : object) {
    if (&member != object.begin()) out += ',';
    out += json::serialize(member.key()) + ':';
    append(out, member.value());
  }
  out += '}';
}

void append(std::string& out, const json::value& value) {
  if (value.is_array())
    append(out, value.get_array());
  else if (value.is_object())
    append(out, value.get_object());
  else if (value.is_double())
    out += json_number(value.get_double());
  else
    out += json::serialize(value);
}

}  // namespace

std::string to_text(const json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

Response make_json(const json::value& value) {
  return make_response(http::status::ok, "application/json", to_text(value) + "\n");
}

json::object describe(const control::Weights& weights) {
  json::object out;
  for (const auto& [upstream, weight] : weights) out[upstream] = weight;
  return out;
}

json::object describe_weights(const control::RouteWeights& entry) {
  json::object out{{"weights", describe(entry.weights)},
                   {"configured", describe(entry.configured)},
                   {"source", control::kWeightSourceLabels[static_cast<std::size_t>(entry.source)]},
                   {"generation", entry.generation}};
  if (entry.then) {
    out["returns_at"] = format_time(entry.then->at);
    out["returns_to"] = describe(entry.then->weights);
  }
  return out;
}

json::object describe_observed(const std::vector<telemetry::ArmRate>& rates,
                               const std::string& route) {
  double sum = 0;
  for (const auto& rate : rates)
    if (rate.route == route && !rate.upstream.empty()) sum += rate.requests;
  json::object out;
  if (sum <= 0) return out;
  for (const auto& rate : rates)
    if (rate.route == route) out[rate.upstream] = rounded(rate.requests / sum, 1e4);
  return out;
}

json::object describe_traffic(const std::vector<telemetry::ArmRate>& rates,
                              const std::string& route) {
  double requests = 0;
  double errors = 0;
  for (const auto& rate : rates) {
    if (rate.route != route) continue;
    requests += rate.requests;
    errors += rate.errors;
  }
  return {{"requests_per_second", rounded(requests, 10)},
          {"errors_per_second", rounded(errors, 10)}};
}

json::object describe_endpoint(const control::State& state, const health::EndpointStatus& status) {
  json::object out{{"address", status.address}, {"name", status.name}, {"state", status.state}};
  if (!status.reason.empty()) out["reason"] = status.reason;
  if (!status.report.version.empty()) out["version"] = status.report.version;
  if (!status.report.environment.empty()) out["environment"] = status.report.environment;
  out["share_percent"] = static_cast<int>(status.share * 100 + 0.5);
  const auto service = state.services.find({status.upstream, status.address});
  out["service"] = control::service_label(service == state.services.end() ? routing::Service::active
                                                                          : service->second);
  return out;
}

json::object describe(const control::AuditRow& row) {
  json::object out{{"id", row.id},
                   {"at", format_time(row.at)},
                   {"actor", row.actor.name},
                   {"action", with_valid_utf8(row.action)},
                   {"target", with_valid_utf8(row.target)},
                   {"result", with_valid_utf8(row.result)}};
  if (!row.actor.role.empty()) out["role"] = row.actor.role;
  if (!row.actor.peer.empty()) out["peer"] = row.actor.peer;
  if (!row.before.empty()) out["before"] = row.before;
  if (!row.after.empty()) out["after"] = row.after;
  if (!row.reason.empty()) out["reason"] = row.reason;
  return out;
}

json::object describe(const control::Event& event) {
  json::object fields;
  for (const auto& [name, value] : event.fields) fields[name] = with_valid_utf8(value);
  return {{"id", event.id},
          {"at", format_time(event.at)},
          {"kind", control::label(event.kind)},
          {"subject", with_valid_utf8(event.subject)},
          {"fields", std::move(fields)}};
}

}  // namespace sluice::admin
