#pragma once
// Questions to a Prometheus server and its answers.
//
// Path: cold. Source: https://prometheus.io/docs/prometheus/latest/querying/api/ (instant queries).
#include <string>
#include <string_view>

#include "rollout/metric_watch.hpp"

namespace sluice::app {

// `server`: its URL, perhaps with a path before /api/v1.
std::string query_url(std::string_view server, std::string_view query);

// A vector of one, or a scalar; an empty vector is no data, a longer one an error: what should
// count of it?
rollout::Measurement read_prometheus_answer(unsigned status, std::string_view body);

}  // namespace sluice::app
