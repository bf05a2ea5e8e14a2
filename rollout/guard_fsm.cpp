#include "rollout/guard_fsm.hpp"

#include <utility>

namespace sluice::rollout {

std::string_view label(GuardAction action) noexcept {
  switch (action) {
    case GuardAction::revert:
      return "revert";
    case GuardAction::pause:
      return "pause";
    case GuardAction::alert:
      break;
  }
  return "alert";
}

void GuardFsm::configure(const routing::GuardSpec& spec) {
  if (spec == spec_) return;
  spec_ = spec;
  runs_.clear();
}

void GuardFsm::serve(const Weights& weights, const ArmSlots& slots, std::uint64_t generation,
                     SteadyTime now) {
  served_ = weights;
  const auto baseline = slots.find(spec_.baseline);
  // The moment, to the nanosecond, is nothing that a client could know.
  const auto salt = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::erase_if(runs_, [&](const auto& one) { return weight_of(weights, one.first) == 0; });
  for (const auto& [upstream, weight] : weights) {
    const auto slot = slots.find(upstream);
    if (weight == 0 || upstream == spec_.baseline || runs_.contains(upstream)) continue;
    if (slot == slots.end() || baseline == slots.end()) continue;
    const GuardRun::Setting setting{slot->second, baseline->second, generation, salt};
    runs_.emplace(upstream, Run{GuardRun(spec_, setting), now});
  }
}

std::vector<Breach> GuardFsm::observe(std::span<const routing::RouteTick> workers,
                                      KnownGood& known_good, SteadyTime now) {
  std::vector<Breach> breaches;
  for (auto& [upstream, one] : runs_) {
    one.run.observe(workers, now);
    const Finding finding = one.run.evidence().finding();
    if (finding == Finding::quiet || finding == one.told) continue;
    one.told = finding;
    breaches.push_back(breach_of(upstream, one.run, known_good, now));
  }
  return breaches;
}

GuardAction GuardFsm::action_on(Finding finding) const noexcept {
  if (finding == Finding::both_over_limit)
    return spec_.on_common_cause == routing::OnCommonCause::revert ? GuardAction::revert
                                                                   : GuardAction::pause;
  switch (spec_.on_breach) {
    case routing::OnBreach::revert:
      return GuardAction::revert;
    case routing::OnBreach::pause:
      return GuardAction::pause;
    case routing::OnBreach::alert:
      break;
  }
  return GuardAction::alert;
}

Breach GuardFsm::breach_of(const std::string& upstream, const GuardRun& run, KnownGood& known_good,
                           SteadyTime now) {
  Breach breach;
  breach.upstream = upstream;
  breach.baseline = spec_.baseline;
  breach.verdict = run.evidence().verdict();
  breach.action = action_on(breach.verdict.finding);
  breach.metric = run.evidence().metrics()[breach.verdict.metric].limits().name;
  breach.common_cause = breach.verdict.finding == Finding::both_over_limit;
  breach.before = breach.after = served_;
  const Harm harm = run.harm();
  breach.harmed = harm.requests;
  breach.first_bad = std::min(harm.first, now);
  if (!breach.common_cause) known_good.disgrace(upstream, now);
  if (breach.action != GuardAction::revert) return breach;
  const auto good = known_good.find_without(upstream);
  breach.after = good ? *good : without(served_, upstream, spec_.baseline);
  served_ = breach.after;  // another breach of this tick goes on from there
  return breach;
}

}  // namespace sluice::rollout
