#include "telemetry/catalogue.hpp"

#include <algorithm>

#include "telemetry/shard.hpp"

namespace sluice::telemetry {
namespace {

// Slots beyond the shards' tables share the last counter, so they share one entry too.
constexpr std::uint32_t kSharedSlot = SlotTable<ArmCounters>::kMax - 1;
static_assert(kSharedSlot == SlotTable<EndpointCounters>::kMax - 1);
const std::string kSharedName = "(others)";

void share_name(ArmEntry& entry) {
  entry = {};
  entry.route = kSharedName;
  entry.upstream = kSharedName;
}
void share_name(EndpointEntry& entry) {
  entry = {};
  entry.upstream = kSharedName;
  entry.endpoint = kSharedName;
}

template <class Entry>
void merge(std::map<std::uint32_t, Entry>& kept, const std::vector<Entry>& seen) {
  for (auto& [slot, entry] : kept) entry.present = false;
  for (Entry entry : seen) {
    const std::uint32_t slot = std::min(entry.slot, kSharedSlot);
    if (slot == kSharedSlot) share_name(entry);
    entry.slot = slot;
    entry.present = slot != kSharedSlot;  // no gauge can speak for several
    kept[slot] = std::move(entry);
  }
}

template <class Entry>
std::vector<Entry> values(const std::map<std::uint32_t, Entry>& kept) {
  std::vector<Entry> all;
  all.reserve(kept.size());
  for (const auto& [slot, entry] : kept) all.push_back(entry);
  return all;
}

}  // namespace

void Catalogue::add(const Census& census) {
  const std::lock_guard lock(mutex_);
  generation_ = census.generation;
  merge(arms_, census.arms);
  merge(endpoints_, census.endpoints);
}

Census Catalogue::entries() const {
  const std::lock_guard lock(mutex_);
  return {generation_, values(arms_), values(endpoints_)};
}

}  // namespace sluice::telemetry
