#include "control/guard_status.hpp"

#include <cmath>

#include "rollout/expected_time.hpp"

namespace sluice::control {
namespace {

std::string_view label_of(rollout::Finding finding) {
  switch (finding) {
    case rollout::Finding::worse:
      return "worse";
    case rollout::Finding::over_limit:
      return "over_limit";
    case rollout::Finding::both_over_limit:
      return "common_cause";
    case rollout::Finding::quiet:
      break;
  }
  return "quiet";
}

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

MetricStatus status_of(const rollout::MetricEvidence& metric, double elapsed_seconds) {
  const rollout::SplitTally& tally = metric.overall();
  const rollout::SplitTally limit = metric.ceiling_counts();
  MetricStatus status{.name = metric.limits().name,
                      .bad = tally.guarded(),
                      .events = tally.total(),
                      .share = tally.share(),
                      .ratio = tally.ratio(),
                      .bounds = metric.overall_bounds(),
                      .log_evidence = metric.log_evidence(),
                      .log_threshold = metric.log_threshold(),
                      .over = limit.guarded(),
                      .decided = limit.total(),
                      .slow_after_baseline = {},
                      .slow_after = {},
                      .expected_seconds = {}};
  if (metric.limits().ceiling) {
    status.limit_log_evidence = metric.ceiling_log_evidence();
    status.limit_log_threshold = metric.ceiling_log_threshold();
  }
  const double null_ratio = metric.limits().max_ratio;
  const double seen = std::isfinite(status.ratio) ? status.ratio : 100;
  status.supposed_ratio = seen > null_ratio && tally.guarded() > 0 ? seen : 2 * null_ratio;
  if (elapsed_seconds > 0)
    status.expected_seconds = rollout::expected_seconds(
        {.share = status.share,
         .null_ratio = null_ratio,
         .ratio = status.supposed_ratio,
         .events_per_second = static_cast<double>(tally.total()) / elapsed_seconds},
        status.log_threshold - status.log_evidence);
  return status;
}

}  // namespace

std::string_view label_of(routing::OnBreach action) {
  switch (action) {
    case routing::OnBreach::revert:
      return "revert";
    case routing::OnBreach::pause:
      return "pause";
    case routing::OnBreach::alert:
      break;
  }
  return "alert";
}

RunStatus status_of(const std::string& upstream, const rollout::GuardFsm::Run& run,
                    const routing::GuardSpec& spec,
                    std::span<const std::optional<rollout::SlowLimits>> slow,
                    rollout::SteadyTime now) {
  const rollout::GuardEvidence& evidence = run.run.evidence();
  const rollout::Verdict verdict = evidence.verdict();
  RunStatus status{.upstream = upstream,
                   .age = std::chrono::duration_cast<std::chrono::milliseconds>(now - run.since),
                   .requests = run.run.requests(),
                   .finding = std::string(label_of(verdict.finding)),
                   .sentence = verdict.sentence,
                   .uncalibrated = evidence.uncalibrated(),
                   .sample_ratio_mismatch = evidence.sample_ratio_mismatch(),
                   .too_many_sessions = run.run.is_full(),
                   .safe_to_advance = evidence.safe_to_advance(),
                   .metrics = {}};
  const double elapsed =
      static_cast<double>(evidence.ticks()) / static_cast<double>(rollout::kTicksPerSecond);
  for (const auto& metric : evidence.metrics()) {
    MetricStatus one = status_of(metric, elapsed);
    const std::size_t index = status.metrics.size();  // errors first, then the latencies
    if (index > 0 && index - 1 < spec.latency.size() && index - 1 < slow.size() &&
        slow[index - 1]) {
      one.slow_after_baseline = seconds(slow[index - 1]->baseline);
      one.slow_after = seconds(slow[index - 1]->guarded);
    }
    status.metrics.push_back(std::move(one));
  }
  return status;
}

}  // namespace sluice::control
