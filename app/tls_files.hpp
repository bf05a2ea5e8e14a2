#pragma once
// The files that TLS is made of in a configuration, and what the metrics say of them.
//
// Thread: any.   Path: cold.
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>

#include "base/certificate.hpp"
#include "config/configuration.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::app {

std::set<std::string> tls_files(const config::Configuration& configuration);

// When certificates expire, and how handshakes ended.
class TlsMetrics final : public prometheus::Collectable {
 public:
  // It takes the place of one with the same name.
  void add_listener(std::shared_ptr<const proxy::Listener> listener);
  // Those of `configuration` are served from now on.
  void serve(const config::Configuration& configuration);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const proxy::Listener>> listeners_;
  std::vector<std::pair<std::string, WallClock::time_point>> expiries_;  // by name of the file
};

}  // namespace sluice::app
