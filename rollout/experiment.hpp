#pragma once
// Compares the arms of an experiment by what their users do.
//
// A user is placed on an arm with a known probability and stays there, so that the conversions
// alone say how much more often those of one arm convert than those of the control: given that one
// of the two converts, it is the arm's with probability psi w / (psi w + 1 - w). No count of users
// is needed, and one may look at any time (rollout/ratio_interval). Exposures, where they are
// counted, say whether users are placed as the split says (rollout/sample_ratio): if not, nothing
// else is to be believed.
//
// Thread: one. Path: cold. Pure.
// Shape:  counts beside bounded sets of the keys that have been seen; when one is full, further
//         keys of that event are refused, which leaves what was counted valid.
// Source: Lindon & Malek, NeurIPS 2022; Waudby-Smith & Ramdas, NeurIPS 2020; the level is divided
//         among all intervals (Bonferroni).
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rollout/ratio_interval.hpp"
#include "rollout/sample_ratio.hpp"
#include "rollout/spec.hpp"

namespace sluice::rollout {

inline constexpr std::string_view kExposure = "exposure";  // the event that a user sees an arm

class Experiment {
 public:
  static constexpr std::size_t kKeysMax = std::size_t{1} << 20U;  // of each event

  explicit Experiment(ExperimentSpec spec, std::size_t keys_max = kKeysMax);

  enum class Taken : std::uint8_t { counted, repeated, full, unknown_arm, unknown_event };
  // `key`: the hash of a user, who is counted once for each event; none: somebody else has seen to
  // that.
  Taken take(std::string_view arm, std::string_view event, std::optional<std::uint64_t> key);
  // Of different users of all arms in the same stretch of time: what is told of one arm alone, and
  // of the others later, looks like users that are not placed by chance.
  Taken take(std::span<const routing::WeightSpec> counts, std::string_view event);

  struct Comparison {
    std::string arm;
    std::string conversion;
    std::uint64_t on_arm = 0;
    std::uint64_t on_control = 0;
    double ratio = 1;  // of the rates of conversion, the arm's to the control's; estimated
    RatioBounds bounds;
    bool moved = false;  // no one ratio explains it all
  };
  std::vector<Comparison> comparisons() const;
  // Upstream and how many were exposed, in the order of the split.
  std::vector<std::pair<std::string, std::uint64_t>> exposures() const;
  bool sample_ratio_mismatch() const noexcept;
  const ExperimentSpec& spec() const noexcept { return spec_; }

 private:
  struct Pair {  // an arm and the control
    std::string arm;
    double share = 0;  // of the arm, of what both have
    SampleRatio placed;
    std::map<std::string, std::pair<SplitTally, RatioInterval>, std::less<>> by_conversion;
  };
  void observe(Pair& pair, std::string_view event, std::uint64_t on_arm, std::uint64_t on_control);
  bool has_arm(std::string_view arm) const;

  struct Event {
    std::unordered_set<std::uint64_t> keys;
    std::map<std::string, std::uint64_t, std::less<>> counts;  // by arm
  };

  ExperimentSpec spec_;
  std::size_t keys_max_;
  std::vector<Pair> pairs_;
  std::map<std::string, Event, std::less<>> events_;
};

// "canary 34, blue 30: 1.1 times as often (0.7 to 1.9)", and what follows.
std::string in_words(const Experiment::Comparison& comparison, std::string_view control);

}  // namespace sluice::rollout
