#pragma once
// The cold metrics of health: checks made and their results, endpoints taken out.
//
// Thread: the control thread's; the registry on any. Path: cold.
#include <memory>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

namespace sluice::telemetry {

class HealthMetrics {
 public:
  HealthMetrics();

  void checked(const std::string& upstream, const std::string& endpoint, std::string_view result);
  // So that the counters of this upstream begin at zero, not with the first ejection.
  void may_eject(const std::string& upstream, std::string_view reason);
  void ejected(const std::string& upstream, std::string_view reason);

  std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& checks_;
  prometheus::Family<prometheus::Counter>& ejections_;
};

}  // namespace sluice::telemetry
