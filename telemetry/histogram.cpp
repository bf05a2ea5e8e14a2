#include "telemetry/histogram.hpp"

#include <cmath>

namespace sluice::telemetry {

std::uint64_t HistogramSum::count() const noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t bucket : buckets_) sum += bucket;
  return sum;
}

std::uint64_t HistogramSum::count_up_to(std::uint64_t us) const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets_.size() && Histogram::upper_us(i) <= us; ++i)
    sum += buckets_[i];
  return sum;
}

std::uint64_t HistogramSum::quantile_us(double q) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank && seen > 0) return Histogram::upper_us(i);
  }
  return Histogram::upper_us(Histogram::kBuckets - 1);
}

}  // namespace sluice::telemetry
