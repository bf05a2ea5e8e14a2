#include "app/readiness.hpp"

#include <algorithm>

namespace sluice::app {

void Readiness::serves(std::shared_ptr<const routing::Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
}

void Readiness::listens() {
  const std::lock_guard lock(mutex_);
  listening_ = true;
}

void Readiness::drains() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
}

std::vector<std::string> Readiness::obstacles() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  if (draining_) found.push_back("draining");
  if (!listening_) found.push_back("the listeners are not open yet");
  if (!snapshot_) return found;
  for (const routing::Route& route : snapshot_->routes)
    if (!route.spec.answers_itself() && !has_available_endpoint(*snapshot_, route))
      found.push_back("route " + route.name + " has no available endpoint");
  return found;
}

bool has_available_endpoint(const routing::Snapshot& snapshot, const routing::Route& route) {
  const auto available = [&](const routing::Arm& arm) {
    return !snapshot.upstreams[arm.upstream_index].available.empty();
  };
  const bool fallback = route.fallback_arm != routing::kNoIndex;
  return (fallback && available(route.arms[route.fallback_arm])) ||
         std::ranges::any_of(route.arms, [&](const routing::Arm& arm) {
           return arm.in_split && arm.weight > 0 && available(arm);
         });
}

}  // namespace sluice::app
