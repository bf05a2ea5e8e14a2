#include "rollout/guard_evidence.hpp"

#include <cassert>

#include "rollout/evidence_sentence.hpp"

namespace sluice::rollout {

GuardEvidence::GuardEvidence(const GuardLimits& limits) {
  assert(!limits.metrics.empty());
  metrics_.reserve(limits.metrics.size());
  [[maybe_unused]] double budget = 0;
  for (const MetricLimits& metric : limits.metrics) {
    budget += metric.budget;
    metrics_.emplace_back(metric, limits.false_revert_probability, limits.safety);
  }
  assert(budget < 1 + 1e-9);
}

void GuardEvidence::observe(const GuardTick& tick) noexcept {
  assert(tick.metrics.size() == metrics_.size());
  ++ticks_;
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    metrics_[i].observe(tick.metrics[i]);
    uncalibrated_ = uncalibrated_ || metrics_[i].uncalibrated();
  }
  sample_ratio_.observe(tick.placed);
  mismatch_ = mismatch_ || sample_ratio_.mismatch();
}

bool GuardEvidence::safe_to_advance() const noexcept {
  for (const MetricEvidence& metric : metrics_)
    if (!metric.safe()) return false;
  return true;
}

// Being worse comes before a limit: it says whose fault it is.
GuardEvidence::Found GuardEvidence::find_in(std::size_t index) const noexcept {
  const MetricEvidence& metric = metrics_[index];
  const double relative = metric.log_evidence() - metric.log_threshold();
  const double ceiling = metric.ceiling_log_evidence() - metric.ceiling_log_threshold();
  if (!uncalibrated_ && metric.worse()) return {Finding::worse, index, false, relative};
  if (metric.over_ceiling()) {
    const bool both = metric.baseline_over_ceiling();
    return {both ? Finding::both_over_limit : Finding::over_limit, index, true, ceiling};
  }
  return {Finding::quiet, index, false, relative};
}

GuardEvidence::Found GuardEvidence::find() const noexcept {
  static constexpr int kUrgency[] = {0, 3, 2, 1};  // by Finding
  const auto urgency = [](const Found& one) {
    return kUrgency[static_cast<std::size_t>(one.finding)];
  };
  Found best = find_in(0);
  for (std::size_t i = 1; i < metrics_.size(); ++i) {
    const Found one = find_in(i);
    if (urgency(one) > urgency(best) ||
        (urgency(one) == urgency(best) && one.surplus > best.surplus))
      best = one;
  }
  return best;
}

Verdict GuardEvidence::verdict() const {
  const Found found = find();
  const MetricEvidence& metric = metrics_[found.metric];
  const SplitTally tally = found.by_ceiling ? metric.ceiling_counts() : metric.recent();
  Verdict verdict;
  verdict.finding = found.finding;
  verdict.metric = found.metric;
  verdict.log_evidence = found.by_ceiling ? metric.ceiling_log_evidence() : metric.log_evidence();
  verdict.log_threshold =
      found.by_ceiling ? metric.ceiling_log_threshold() : metric.log_threshold();
  verdict.onset_tick = found.by_ceiling ? metric.ceiling_onset_tick() : metric.onset_tick();
  verdict.bad = tally.guarded();
  verdict.events = tally.total();
  verdict.ratio = metric.recent().ratio();
  verdict.bounds = metric.recent_bounds();
  const Weighed weighed{verdict.log_evidence, verdict.log_threshold};
  verdict.sentence = found.by_ceiling ? ceiling_sentence(metric.limits(), tally, weighed)
                                      : relative_sentence(metric.limits(), tally, weighed);
  return verdict;
}

}  // namespace sluice::rollout
