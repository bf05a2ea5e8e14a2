#pragma once
// Whether traffic should be sent to this process, for /readyz.
//
// Thread: any; the control thread tells, the admin server asks.
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "routing/snapshot.hpp"

namespace sluice::app {

class Readiness {
 public:
  void serves(std::shared_ptr<const routing::Snapshot> snapshot);
  void listens();
  void drains();

  // A sentence for each reason to send no traffic; none when ready.
  std::vector<std::string> obstacles() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const routing::Snapshot> snapshot_;
  bool listening_ = false;
  bool draining_ = false;
};

// Some upstream to which the route sends new sessions, or its fallback, has an endpoint.
bool has_available_endpoint(const routing::Snapshot& snapshot, const routing::Route& route);

}  // namespace sluice::app
