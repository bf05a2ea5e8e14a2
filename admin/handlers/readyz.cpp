#include "admin/handlers/readyz.hpp"

namespace sluice::admin {

Handler make_readyz(Obstacles obstacles) {
  return answered([obstacles = std::move(obstacles)](const Call&) {
    const std::vector<std::string> found = obstacles();
    if (found.empty())
      return make_response(http::status::ok, "application/json", "{\"status\":\"ready\"}\n");
    std::string detail;
    for (const std::string& one : found) detail += (detail.empty() ? "" : "; ") + one;
    return make_problem(http::status::service_unavailable, "not_ready", detail);
  });
}

}  // namespace sluice::admin
