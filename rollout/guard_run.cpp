#include "rollout/guard_run.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/hash.hpp"

namespace sluice::rollout {
namespace {

constexpr std::size_t kSessionsMax = 64 * 1024;  // of which something is remembered, a metric
constexpr std::size_t kMarksMax = 4096;
constexpr double kPlaceboShare = 0.5;

std::string seconds_in_words(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%gs", static_cast<double>(time.count()) / 1000);
  return text;
}

std::optional<double> limit_of(double rate) {
  return rate > 0 ? std::optional(rate) : std::nullopt;
}

}  // namespace

GuardLimits guard_limits(const routing::GuardSpec& spec) {
  GuardLimits limits;
  limits.false_revert_probability = spec.false_revert_probability;
  limits.metrics.push_back(
      error_limits(spec.errors.max_ratio, limit_of(spec.errors.floor), limit_of(spec.errors.max)));
  for (const auto& latency : spec.latency)
    limits.metrics.push_back(latency_limits(
        latency.quantile, latency.max.count() > 0 ? seconds_in_words(latency.max) : std::string()));
  return limits;
}

GuardRun::GuardRun(const routing::GuardSpec& spec, const Setting& setting)
    : setting_(setting), evidence_(guard_limits(spec)) {
  const std::size_t metrics = evidence_.metrics().size();
  counts_.resize(metrics);
  for (std::size_t i = 0; i < metrics; ++i)
    sessions_.push_back({FirstBadEvents(kSessionsMax), FirstBadEvents(kSessionsMax), {}, {}});
}

void GuardRun::observe(std::span<const routing::RouteTick> workers, SteadyTime now) {
  for (Counts& counts : counts_) counts = {};
  placed_.clear();
  failed_ = bad_ = 0;
  first_failure_ = SteadyTime::max();
  for (const routing::RouteTick& worker : workers) count(worker);
  std::vector<MetricTick> metrics;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    Sessions& sessions = sessions_[i];
    Counts& counts = counts_[i];
    for (const auto& one : sessions.bad.admit(sessions.bad_events)) counts.bad.push_back(one);
    for (const auto& one : sessions.placebo.admit(sessions.placebo_events))
      counts.placebo.push_back(one);
    sessions.bad_events.clear();
    sessions.placebo_events.clear();
    metrics.push_back({counts.bad, counts.placebo, counts.guarded, counts.baseline});
  }
  evidence_.observe({metrics, placed_});
  requests_ += counts_[0].guarded.total;
  remember(now);
}

void GuardRun::count(const routing::RouteTick& worker) {
  for (const routing::DrawTick& draw : worker.draws)
    if (is_of_this_run(*draw.placements)) count_draw(draw);
  count_sessions(worker);
}

void GuardRun::count_draw(const routing::DrawTick& draw) {
  static constexpr routing::ArmTick kNothing;
  const std::size_t guarded_at = draw.placements->index_of(setting_.guarded);
  const std::size_t baseline_at = draw.placements->index_of(setting_.baseline);
  constexpr auto kNowhere = routing::Placements::kNowhere;
  const auto& guarded = guarded_at == kNowhere ? kNothing : draw.arms[guarded_at];
  const auto& baseline = baseline_at == kNowhere ? kNothing : draw.arms[baseline_at];
  const double share = draw.placements->share(setting_.guarded, setting_.baseline);
  count_arm(guarded, true);
  count_arm(baseline, false);
  placed_.push_back({share, guarded.drawn, baseline.drawn});
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i].bad.push_back({share, guarded.bad[i], baseline.bad[i]});
    counts_[i].placebo.push_back(
        {kPlaceboShare, baseline.chosen[i], baseline.bad[i] - baseline.chosen[i]});
  }
}

void GuardRun::count_arm(const routing::ArmTick& arm, bool guarded) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    RateCounts& rate = guarded ? counts_[i].guarded : counts_[i].baseline;
    rate.bad += arm.over[i];
    rate.total += arm.decided[i];
    if (guarded) bad_ += arm.bad[i];
  }
  if (!guarded) return;
  failed_ += arm.failed;
  first_failure_ = std::min(first_failure_, arm.first_failure);
}

void GuardRun::count_sessions(const routing::RouteTick& worker) {
  for (const routing::SessionEvent& event : worker.sessions) {
    const auto& placements = *worker.draws[event.draw].placements;
    const std::uint32_t slot = placements.arms[event.arm].slot;
    if (!is_of_this_run(placements) || event.metric >= sessions_.size() ||
        (slot != setting_.guarded && slot != setting_.baseline))
      continue;
    Sessions& sessions = sessions_[event.metric];
    const bool guarded = slot == setting_.guarded;
    if (guarded) ++bad_;
    const double share = placements.share(setting_.guarded, setting_.baseline);
    if (share > 0 && share < 1)
      sessions.bad_events.push_back({event.session, event.generation, share, guarded});
    // By session, as the real split is: by request nothing would be found wrong with sessions.
    const bool chosen = (stable_mix(event.session, setting_.salt) & 1U) != 0;
    if (!guarded)
      sessions.placebo_events.push_back({event.session, event.generation, kPlaceboShare, chosen});
  }
}

void GuardRun::remember(SteadyTime now) {
  const SteadyTime last = std::exchange(last_tick_, now);
  if (failed_ + bad_ == 0) return;
  // What has grown old did so since the last tick.
  marks_.push_back(
      {evidence_.ticks(), failed_, failed_ > 0 ? first_failure_ : std::min(last, now)});
  if (marks_.size() > kMarksMax) marks_.pop_front();
}

Harm GuardRun::harm() const noexcept {
  const Verdict verdict = evidence_.verdict();
  Harm harm;
  harm.first = SteadyTime::max();
  for (const Mark& mark : marks_) {
    if (mark.tick <= verdict.onset_tick) continue;
    harm.first = std::min(harm.first, mark.first);
    harm.requests += mark.failed;
  }
  if (verdict.metric > 0) harm.requests = verdict.bad;
  return harm;
}

bool GuardRun::is_full() const noexcept {
  return std::ranges::any_of(sessions_, [](const Sessions& one) { return one.bad.full(); });
}

}  // namespace sluice::rollout
