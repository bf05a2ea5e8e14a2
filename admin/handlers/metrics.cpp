#include "admin/handlers/metrics.hpp"

#include "telemetry/prometheus_text.hpp"

namespace sluice::admin {

Handler make_metrics(std::function<std::string()> text) {
  return answered([text = std::move(text)](const Call&) {
    return make_response(http::status::ok, telemetry::kPrometheusTextType, text());
  });
}

}  // namespace sluice::admin
