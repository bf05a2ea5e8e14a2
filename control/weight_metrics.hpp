#pragma once
// The weights of all routes as metrics: applied, configured, how often changed by whom.
//
// Thread: changed() on the control thread, Collect() on any. Path: cold.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "control/control.hpp"

namespace sluice::control {

class WeightMetrics final : public prometheus::Collectable {
 public:
  // What is there to see; may give null.
  explicit WeightMetrics(std::function<std::shared_ptr<const View>()> view)
      : view_(std::move(view)) {}

  void changed(const std::string& route, WeightSource source);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::function<std::shared_ptr<const View>()> view_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, WeightSource>, std::uint64_t> changes_;
};

}  // namespace sluice::control
