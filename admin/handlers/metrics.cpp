#include "admin/handlers/metrics.hpp"

#include "telemetry/prometheus_text.hpp"

namespace sluice::admin {

Handler make_metrics(const telemetry::Exposition& exposition) {
  return answered([&exposition](const Call&) {
    return make_response(http::status::ok, telemetry::kPrometheusTextType, exposition.text());
  });
}

}  // namespace sluice::admin
