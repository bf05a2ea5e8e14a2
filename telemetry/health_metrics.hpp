#pragma once
// The cold metrics of health: checks made and their results, endpoints taken out.
//
// Thread: the control thread's; the registry on any. Path: cold.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace sluice::telemetry {

class HealthMetrics {
 public:
  HealthMetrics();

  void checked(const std::string& upstream, const std::string& endpoint, std::string_view result);
  void ejected(const std::string& upstream, std::string_view reason);

  // Between the two: is() for every endpoint that there is. The series of others end.
  void begin_states() { ++round_; }
  void end_states();
  // Its state is that from now on, and no other.
  void is(const std::string& upstream, const std::string& endpoint, std::string_view state);

  std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& checks_;
  prometheus::Family<prometheus::Counter>& ejections_;
  prometheus::Family<prometheus::Gauge>& states_;
  struct States {
    std::map<std::string, prometheus::Gauge*, std::less<>> gauges;
    prometheus::Gauge* present = nullptr;  // the one of them that is 1
    std::uint64_t round = 0;               // in which it was told of last
  };
  std::map<std::pair<std::string, std::string>, States> endpoints_;
  std::uint64_t round_ = 0;
};

}  // namespace sluice::telemetry
