#pragma once
// The cold metrics of the program itself: which version it is, how its reloads went.
//
// Thread: any. Path: cold.
#include <memory>
#include <string>

#include <prometheus/registry.h>

namespace sluice::telemetry {

class LifecycleMetrics {
 public:
  explicit LifecycleMetrics(const std::string& version);

  // A configuration was read again. The one that the process started with counts as successful.
  void reloaded(bool successful);

  std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge* last_successful_;
  prometheus::Counter* successes_;
  prometheus::Counter* failures_;
};

}  // namespace sluice::telemetry
