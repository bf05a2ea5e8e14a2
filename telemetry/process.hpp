#pragma once
// The metrics of this process that every Prometheus dashboard knows, read from /proc at the scrape.
//
// Thread: any. Path: cold. Errors: what cannot be read is left out.
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace sluice::telemetry {

class ProcessMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace sluice::telemetry
