#pragma once
// What the slots of the shards stand for, in words: which (route, upstream), which (upstream,
// endpoint), and what is known of them now. The control thread adds to it at every publish, the
// scraping thread reads it.
//
// Thread:    any; a mutex that no worker ever takes. Path: cold.
// Invariant: an entry stays when its name is no longer configured (`present` says so), since its
//            counters are kept too: what is scraped never runs backwards. A slot keeps its name.
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::telemetry {

// One (route, upstream); or a route that answers by itself: then `upstream` is empty.
struct ArmEntry {
  std::uint32_t slot = 0;
  std::string route;
  std::string upstream;
  bool present = true;  // is in the newest generation
};

// One (upstream, concrete address).
struct EndpointEntry {
  std::uint32_t slot = 0;
  std::string upstream;
  std::string endpoint;
  bool up = false;
  bool present = true;
};

// One generation, or all that were ever seen.
struct Census {
  std::uint64_t generation = 0;
  std::vector<ArmEntry> arms;
  std::vector<EndpointEntry> endpoints;
};

class Catalogue {
 public:
  // Takes over what a new generation serves.
  void add(const Census& census);
  // Everything ever added, ordered by slot.
  Census entries() const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  std::map<std::uint32_t, ArmEntry> arms_;
  std::map<std::uint32_t, EndpointEntry> endpoints_;
};

}  // namespace sluice::telemetry
