#include "rollout/experiment.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/units.hpp"
#include "rollout/known_good.hpp"

namespace sluice::rollout {
namespace {

std::string number(double value) {
  if (std::isinf(value)) return "any number";
  return format_rounded(value, 3);
}

std::string_view finding(const RatioBounds& bounds) {
  if (bounds.low > 1) return "more often";
  if (bounds.high < 1) return "less often";
  return "no difference is proven";
}

}  // namespace

Experiment::Experiment(ExperimentSpec spec, std::size_t keys_max)
    : spec_(std::move(spec)), keys_max_(keys_max) {
  const auto intervals = (spec_.split.size() - 1) * spec_.conversions.size();
  const double level = (1 - spec_.confidence) / static_cast<double>(std::max(intervals, 1UL));
  const double control = weight_of(spec_.split, spec_.control);
  for (const routing::WeightSpec& arm : spec_.split) {
    if (arm.upstream == spec_.control) continue;
    Pair& pair = pairs_.emplace_back();
    pair.arm = arm.upstream;
    pair.share = arm.weight / (arm.weight + control);
    for (const std::string& conversion : spec_.conversions)
      pair.by_conversion.emplace(conversion, std::pair(SplitTally(), RatioInterval(level)));
  }
  events_[std::string(kExposure)];
  for (const std::string& conversion : spec_.conversions) events_[conversion];
}

bool Experiment::has_arm(std::string_view arm) const {
  return routing::find_weight(spec_.split, arm) != nullptr;
}

Experiment::Taken Experiment::take(std::string_view arm, std::string_view event,
                                   std::optional<std::uint64_t> key) {
  if (!has_arm(arm)) return Taken::unknown_arm;
  const auto known = events_.find(event);
  if (known == events_.end()) return Taken::unknown_event;
  auto& keys = known->second.keys;
  if (key && keys.contains(*key)) return Taken::repeated;
  if (key && keys.size() >= keys_max_) return Taken::full;
  if (key) keys.insert(*key);
  const routing::WeightSpec one{std::string(arm), 1};
  return take({&one, 1}, event);
}

Experiment::Taken Experiment::take(std::span<const routing::WeightSpec> counts,
                                   std::string_view event) {
  const auto known = events_.find(event);
  if (known == events_.end()) return Taken::unknown_event;
  std::map<std::string_view, std::uint64_t> by_arm;
  for (const auto& [arm, count] : counts) {
    if (!has_arm(arm)) return Taken::unknown_arm;
    by_arm[arm] += count;
  }
  for (const auto& [arm, count] : by_arm) known->second.counts[std::string(arm)] += count;
  for (Pair& pair : pairs_) observe(pair, event, by_arm[pair.arm], by_arm[spec_.control]);
  return Taken::counted;
}

void Experiment::observe(Pair& pair, std::string_view event, std::uint64_t on_arm,
                         std::uint64_t on_control) {
  const SplitCounts counts{.share = pair.share, .guarded = on_arm, .baseline = on_control};
  if (counts.total() == 0) return;
  if (event == kExposure) return pair.placed.observe({&counts, 1});
  auto& [tally, interval] = pair.by_conversion.find(event)->second;
  tally.add(counts);
  interval.observe({&counts, 1});
}

std::vector<Experiment::Comparison> Experiment::comparisons() const {
  std::vector<Comparison> all;
  for (const std::string& conversion : spec_.conversions)
    for (const Pair& pair : pairs_) {
      const auto& [tally, interval] = pair.by_conversion.find(conversion)->second;
      all.push_back({.arm = pair.arm,
                     .conversion = conversion,
                     .on_arm = tally.guarded(),
                     .on_control = tally.total() - tally.guarded(),
                     .ratio = tally.ratio(),
                     .bounds = interval.bounds(),
                     .moved = interval.moved()});
    }
  return all;
}

std::vector<std::pair<std::string, std::uint64_t>> Experiment::exposures() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  const auto& counts = events_.find(kExposure)->second.counts;
  for (const routing::WeightSpec& arm : spec_.split) {
    const auto found = counts.find(arm.upstream);
    all.emplace_back(arm.upstream, found == counts.end() ? 0 : found->second);
  }
  return all;
}

bool Experiment::sample_ratio_mismatch() const noexcept {
  return std::ranges::any_of(pairs_, [](const Pair& pair) { return pair.placed.mismatch(); });
}

std::string in_words(const Experiment::Comparison& it, std::string_view control) {
  std::string words = it.conversion + ": " + it.arm + ' ' + std::to_string(it.on_arm) + ", " +
                      std::string(control) + ' ' + std::to_string(it.on_control);
  if (it.on_arm + it.on_control == 0) return words;
  return words + "; those of " + it.arm + " convert " + number(it.ratio) + " times as often (" +
         number(it.bounds.low) + " to " + number(it.bounds.high) +
         "): " + std::string(finding(it.bounds)) +
         (it.moved ? ", and it was otherwise before" : "");
}

}  // namespace sluice::rollout
