#pragma once
// With which chances requests of a route are placed, as the evidence for or against an upstream
// needs to know it (rollout/split_counts).
//
// Thread: immutable once built, shared by all. Path: hot to look at (id), cold to ask.
#include <cstdint>
#include <memory>
#include <vector>

namespace sluice::routing {

// The weights of one draw. Two snapshots, or two replicas, that place alike have the same id; the
// pin of a session carries it, since what is found out about that session later is to be weighed
// with the chance that placed it.
struct Placements {
  struct Arm {
    std::uint32_t slot = 0;    // Arm::slot
    std::uint64_t weight = 0;  // in the draw; 0: nobody was placed there by it
  };
  std::uint32_t id = 0;
  std::uint64_t generation = 0;  // of the snapshot that these were made for
  std::vector<Arm> arms;         // of the split, in its order

  static constexpr std::size_t kNowhere = ~std::size_t{0};
  std::size_t index_of(std::uint32_t arm_slot) const noexcept {
    for (std::size_t i = 0; i < arms.size(); ++i)
      if (arms[i].slot == arm_slot) return i;
    return kNowhere;
  }
  // The chance of `guarded` against `baseline` alone; 0 when this draw says nothing of it.
  double share(std::uint32_t guarded_slot, std::uint32_t baseline_slot) const noexcept {
    const std::size_t guarded = index_of(guarded_slot);
    const std::size_t baseline = index_of(baseline_slot);
    if (guarded == kNowhere || baseline == kNowhere) return 0;
    const auto mine = static_cast<double>(arms[guarded].weight);
    const auto other = static_cast<double>(arms[baseline].weight);
    return mine + other > 0 ? mine / (mine + other) : 0;
  }
};

using SharedPlacements = std::shared_ptr<const Placements>;

// How many draws of a route are remembered for sessions that were placed by them.
inline constexpr std::size_t kPlacementsKept = 64;

}  // namespace sluice::routing
