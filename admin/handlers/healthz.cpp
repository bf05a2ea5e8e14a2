#include "admin/handlers/healthz.hpp"

namespace sluice::admin {

Handler make_healthz() {
  return answered([](const Call&) {
    return make_response(http::status::ok, "application/json", "{\"status\":\"alive\"}\n");
  });
}

}  // namespace sluice::admin
