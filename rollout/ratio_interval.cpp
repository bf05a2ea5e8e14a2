#include "rollout/ratio_interval.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::rollout {
namespace {

double log_ratio(std::size_t point) noexcept {
  static const RatioGrid kLogs = [] {
    RatioGrid logs{};
    for (std::size_t i = 0; i < kRatioCount; ++i) logs[i] = std::log(ratio_grid()[i]);
    return logs;
  }();
  return kLogs[point];
}

double log_mean_exp(const RatioGrid& logs) noexcept {
  const double top = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double one : logs) sum += std::exp(one - top);
  return top + std::log(sum / static_cast<double>(logs.size()));
}

// Log of the lower end, if `first` is the first grid point that is in. The upper end is that of the
// mirrored grid. Each candidate is at or below the end that is looked for, so the largest is taken.
template <class Point, class Log>
double outer_end(std::size_t first, double limit, Point at, Log log_at) noexcept {
  double end = -std::numeric_limits<double>::infinity();
  // Where the line through points i and i + 1 meets the limit.
  const auto meet = [&](std::size_t i) {
    const double slope = (log_at(i + 1) - log_at(i)) / (at(i + 1) - at(i));
    if (slope > 0) end = std::max(end, at(i) + (limit - log_at(i)) / slope);
  };
  if (first + 1 < kRatioCount) meet(first);
  if (first > 0) end = std::max(end, at(first - 1));
  if (first > 1) meet(first - 2);
  return end;
}

}  // namespace

void RatioInterval::observe(std::span<const SplitCounts> groups) noexcept {
  bool any = false;
  for (const SplitCounts& counts : groups) {
    if (!counts.tells()) continue;
    any = true;
    use_share(counts.share);
    const auto guarded = static_cast<double>(counts.guarded);
    const auto total = static_cast<double>(counts.total());
    for (std::size_t i = 0; i < kRatioCount; ++i)
      logs_[i] += guarded * log_ratio(i) - total * log_odds_[i];
  }
  if (!any) return;
  now_ = bounds_now();
  all_ = {std::max(all_.low, now_.low), std::min(all_.high, now_.high)};
}

void RatioInterval::use_share(double share) noexcept {
  if (share == share_) return;
  share_ = share;
  for (std::size_t i = 0; i < kRatioCount; ++i)
    log_odds_[i] = std::log(ratio_grid()[i] * share + 1 - share);
}

RatioBounds RatioInterval::bounds_now() const noexcept {
  const double limit = log_mean_exp(logs_) + std::log(level_);
  const auto is_in = [limit](double one) { return one >= limit; };
  // The largest is at least the mean: one point is always in.
  const auto first =
      static_cast<std::size_t>(std::find_if(logs_.begin(), logs_.end(), is_in) - logs_.begin());
  const auto last =
      static_cast<std::size_t>(std::find_if(logs_.rbegin(), logs_.rend(), is_in) - logs_.rbegin());
  const double low = outer_end(
      first, limit, [](std::size_t i) { return log_ratio(i); },
      [this](std::size_t i) { return logs_[i]; });
  const double high = outer_end(
      last, limit, [](std::size_t i) { return -log_ratio(kRatioCount - 1 - i); },
      [this](std::size_t i) { return logs_[kRatioCount - 1 - i]; });
  return {std::exp(low), std::exp(-high)};
}

}  // namespace sluice::rollout
