#pragma once
// A log-linear histogram of durations: 90 buckets a decade (two significant decimal digits), from
// 1 us to 1000 s, so that every "le" that people write (0.0025, 0.01, 0.5) is an exact boundary and
// a quantile is right to 10 %.
//
// Thread: one writer, any reader; add() is a handful of plain stores. Path: hot.
// Units:  microseconds inside.
// Source: circllhist (Hartmann & Schlossnagle, arXiv 2001.06561); HDR histogram.
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "telemetry/counter.hpp"

namespace sluice::telemetry {

class Histogram {
 public:
  static constexpr std::size_t kDecades = 8;  // 10 us .. 1000 s in two digits, below: one each
  static constexpr std::size_t kBuckets = 10 + 90 * kDecades;

  void add(std::chrono::nanoseconds duration) noexcept {
    const auto ns = duration.count() > 0 ? static_cast<std::uint64_t>(duration.count()) : 0;
    const std::uint64_t us = (ns + 999) / 1000;  // rounded up: a bucket holds (lower, upper]
    buckets_[bucket_of(us)].add();
    sum_us_.add(us);
  }

  // Upper bound, inclusive, of a bucket.
  static constexpr std::uint64_t upper_us(std::size_t bucket) noexcept {
    if (bucket < 10) return bucket;
    const std::size_t decade = (bucket - 10) / 90;
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < decade; ++i) scale *= 10;
    return ((bucket - 10) % 90 + 10) * scale;
  }

  // The bucket whose range holds `us`; everything beyond the end is in the last.
  static constexpr std::size_t bucket_of(std::uint64_t us) noexcept {
    if (us < 10) return us;
    std::size_t decade = 0;
    std::uint64_t scale = 1;
    // A value belongs to the first decade in which its two leading digits, rounded up, fit.
    while (decade + 1 < kDecades && us > 99 * scale) {
      scale *= 10;
      ++decade;
    }
    const std::uint64_t digits = (us + scale - 1) / scale;
    return digits > 99 ? kBuckets - 1 : 10 + decade * 90 + static_cast<std::size_t>(digits) - 10;
  }

  std::uint64_t count_in(std::size_t bucket) const noexcept { return buckets_[bucket].load(); }
  std::uint64_t sum_us() const noexcept { return sum_us_.load(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_us_;
};

// Sums of several histograms, at one moment.
class HistogramSum {
 public:
  void add(const Histogram& histogram) noexcept {
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) buckets_[i] += histogram.count_in(i);
    sum_us_ += histogram.sum_us();
  }
  void subtract(const HistogramSum& earlier) noexcept {
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) buckets_[i] -= earlier.buckets_[i];
    sum_us_ -= earlier.sum_us_;
  }
  std::uint64_t count() const noexcept;
  // How many were at most `us`.
  std::uint64_t count_up_to(std::uint64_t us) const noexcept;
  std::uint64_t sum_us() const noexcept { return sum_us_; }
  // Upper bound of the bucket that holds the q-quantile; 0 when empty.
  std::uint64_t quantile_us(double q) const noexcept;

 private:
  std::array<std::uint64_t, Histogram::kBuckets> buckets_{};
  std::uint64_t sum_us_ = 0;
};

}  // namespace sluice::telemetry
