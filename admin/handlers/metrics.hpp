#pragma once
// GET /metrics: Prometheus text 0.0.4.
#include "admin/exchange.hpp"

namespace sluice::admin {

// `text` gives all of it; it is called for one scrape at a time.
Handler make_metrics(std::function<std::string()> text);

}  // namespace sluice::admin
