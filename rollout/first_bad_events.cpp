#include "rollout/first_bad_events.hpp"

#include <algorithm>

namespace sluice::rollout {

std::span<const SplitCounts> FirstBadEvents::admit(std::span<const KeyedEvent> events) {
  counts_.clear();
  ordered_.assign(events.begin(), events.end());
  std::stable_sort(ordered_.begin(), ordered_.end(), [](const KeyedEvent& a, const KeyedEvent& b) {
    return a.generation < b.generation;
  });
  for (const KeyedEvent& event : ordered_)
    if (!full() && keys_.insert(event.key).second) count(event);
  return counts_;
}

void FirstBadEvents::count(const KeyedEvent& event) {
  const auto same = [&event](const SplitCounts& one) { return one.share == event.share; };
  auto group = std::find_if(counts_.begin(), counts_.end(), same);
  if (group == counts_.end()) group = counts_.insert(group, SplitCounts{event.share, 0, 0});
  ++(event.guarded ? group->guarded : group->baseline);
}

}  // namespace sluice::rollout
