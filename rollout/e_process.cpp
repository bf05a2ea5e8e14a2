#include "rollout/e_process.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace sluice::rollout {
namespace {

constexpr double kValueMin = 1e-300;
constexpr double kValueMax = 1e300;

}  // namespace

EProcess::EProcess(std::span<const double> alternatives, double null_ratio, Onset onset)
    : count_(alternatives.size()), null_ratio_(null_ratio), onset_(onset) {
  assert(count_ > 0 && count_ <= kRatioCount && null_ratio > 0);
  for (std::size_t i = 0; i < count_; ++i) {
    assert(alternatives[i] > 0);
    ratios_[i] = alternatives[i];
    log_gain_[i] = std::log(ratios_[i] / null_ratio_);
  }
}

void EProcess::observe(std::span<const SplitCounts> groups) noexcept {
  ++ticks_;
  bool any = false;
  for (const SplitCounts& counts : groups) {
    if (!counts.tells()) continue;
    if (!any) logs_.fill(0);
    any = true;
    add_logs(counts);
  }
  if (!any) return;
  const double mass = onset_mass_from(onset_, applied_) - onset_mass_from(onset_, ticks_);
  begin_anew_if_outweighed(mass);
  multiply(mass);
  for (const SplitCounts& counts : groups)
    if (counts.tells()) since_.tally.add(counts);
  applied_ = quiet_from_ = ticks_;
}

void EProcess::use_share(double share) noexcept {
  if (share == share_) return;
  share_ = share;
  const double null_odds = null_ratio_ * share + 1 - share;
  for (std::size_t i = 0; i < count_; ++i)
    log_cost_[i] = std::log(null_odds / (ratios_[i] * share + 1 - share));
}

void EProcess::add_logs(const SplitCounts& counts) noexcept {
  use_share(counts.share);
  const auto guarded = static_cast<double>(counts.guarded);
  const auto total = static_cast<double>(counts.total());
  double* const log = logs_.data();
  const double* const gain = log_gain_.data();
  const double* const cost = log_cost_.data();
  for (std::size_t i = 0; i < count_; ++i) log[i] += guarded * gain[i] + total * cost[i];
}

void EProcess::begin_anew_if_outweighed(double mass) noexcept {
  if (applied_ > 0 && mean(run_) * since_.onset_mass > mass) return;
  since_ = {quiet_from_, mass, {}};
  std::fill_n(run_.begin(), count_, 1.0);
}

void EProcess::multiply(double mass) noexcept {
  const double* const log = logs_.data();
  double* const value = values_.data();
  double* const run = run_.data();
  for (std::size_t i = 0; i < count_; ++i) {
    const double factor = std::exp(log[i]);  // may be infinite, but is never multiplied by 0
    value[i] = std::clamp((value[i] + mass) * factor, kValueMin, kValueMax);
    run[i] = std::clamp(run[i] * factor, kValueMin, kValueMax);
  }
}

double EProcess::mean(const Values& values) const noexcept {
  const double* const begin = values.data();
  return std::accumulate(begin, begin + count_, 0.0) / static_cast<double>(count_);
}

// Mass that was revealed in ticks without events has not been multiplied by anything: it counts as
// if it were still ahead.
double EProcess::log_evidence() const noexcept {
  return std::log(mean(values_) + onset_mass_from(onset_, applied_));
}

}  // namespace sluice::rollout
