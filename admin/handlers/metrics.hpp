#pragma once
// GET /metrics: Prometheus text 0.0.4.
#include "admin/exchange.hpp"
#include "telemetry/exposition.hpp"

namespace sluice::admin {

// The exposition outlives the handler, which is the only one to gather it.
Handler make_metrics(const telemetry::Exposition& exposition);

}  // namespace sluice::admin
