#include "admin/handlers/upstreams.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sluice::admin {
namespace {

namespace json = boost::json;

json::object describe(const health::EndpointStatus& status) {
  json::object out{{"address", status.address}, {"name", status.name}, {"state", status.state}};
  if (!status.reason.empty()) out["reason"] = status.reason;
  if (!status.report.version.empty()) out["version"] = status.report.version;
  if (!status.report.environment.empty()) out["environment"] = status.report.environment;
  // In whole percents: the library would write 0.5 as 5E-1.
  out["share_percent"] = static_cast<int>(status.share * 100 + 0.5);
  return out;
}

}  // namespace

Handler make_upstreams(Statuses statuses) {
  return [statuses = std::move(statuses)](const Request&) {
    json::array upstreams;
    for (const health::EndpointStatus& status : statuses()) {
      if (upstreams.empty() || upstreams.back().at("name").as_string() != status.upstream)
        upstreams.push_back({{"name", status.upstream}, {"endpoints", json::array()}});
      upstreams.back().at("endpoints").as_array().push_back(describe(status));
    }
    return make_response(http::status::ok, "application/json",
                         json::serialize(json::object{{"upstreams", std::move(upstreams)}}) + "\n");
  };
}

}  // namespace sluice::admin
