#pragma once
// The metrics of the traffic: the shards of all workers, summed at the moment of the scrape.
//
// Thread:    Collect() on any; it reads the shards' counters and takes no lock that a worker takes.
// Path:      cold.
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/collectable.h>

#include "telemetry/catalogue.hpp"
#include "telemetry/shard.hpp"

namespace sluice::telemetry {

// What the indices in the shards mean; telemetry/ does not know the folders that number them.
struct IndexLabels {
  std::vector<std::string_view> methods;   // kMethods of them
  std::vector<std::string_view> reasons;   // kReasons
  std::vector<std::string_view> failures;  // at most kFailures
  std::vector<std::string_view> retries;   // kRetries
};

// What belongs to a listener, read at the scrape. Thread of the functions: any.
struct ListenerGauge {
  std::string listener;
  std::function<std::uint32_t()> open_connections;
  // Label of the reason and number turned away so far.
  std::function<std::vector<std::pair<std::string_view, std::uint64_t>>()> refused;
};

class TrafficMetrics final : public prometheus::Collectable {
 public:
  // The shards and the catalogue outlive this.
  TrafficMetrics(std::vector<const Shard*> shards, const Catalogue& catalogue, IndexLabels labels);

  // Thread: any. Those of one name are added up: what was counted before it was configured anew
  // still is.
  void add_listener(ListenerGauge gauge) {
    const std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(gauge));
  }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::vector<const Shard*> shards_;
  const Catalogue& catalogue_;
  IndexLabels labels_;
  mutable std::mutex mutex_;
  std::vector<ListenerGauge> listeners_;
};

}  // namespace sluice::telemetry
