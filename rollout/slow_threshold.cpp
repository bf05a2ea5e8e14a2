#include "rollout/slow_threshold.hpp"

namespace sluice::rollout {

void RecentDurations::observe(const telemetry::HistogramSum& so_far) {
  if (ticks_++ % kTicksPerSecond == 0) {
    if (starts_.size() < kSlices) {
      starts_.push_back(so_far);
    } else {
      starts_[oldest_] = so_far;
      oldest_ = (oldest_ + 1) % kSlices;
    }
  }
  window_ = so_far;
  window_.subtract(starts_[oldest_]);
}

std::optional<std::chrono::microseconds> RecentDurations::quantile(double q) const noexcept {
  if (window_.count() == 0) return std::nullopt;
  return std::chrono::microseconds(window_.quantile_us(q));
}

std::optional<SlowLimits> slow_limits(const RecentDurations& baseline, double quantile,
                                      double max_ratio) noexcept {
  const auto limit = baseline.quantile(quantile);
  if (!limit) return std::nullopt;
  const auto guarded = static_cast<double>(limit->count()) * max_ratio;
  return SlowLimits{*limit, std::chrono::microseconds(static_cast<std::int64_t>(guarded))};
}

}  // namespace sluice::rollout
