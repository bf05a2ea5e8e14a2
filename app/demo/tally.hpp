#pragma once
// What the load has seen, and whether it is what the weights promise.
//
// Thread: add() on the load's; reading on any.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/demo/plan.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/histogram.hpp"

namespace sluice::app::demo {

struct Seen {
  std::string name;
  double configured = 0;  // share
  std::uint64_t answers = 0;
  std::uint64_t p50_us = 0;
  std::uint64_t p99_us = 0;
};

struct Count {
  std::vector<Seen> variants;
  std::uint64_t answers = 0;  // of all variants
  std::uint64_t errors = 0;   // requests without a good answer
};

class Tally {
 public:
  explicit Tally(const std::vector<Variant>& variants);

  // An answer that names its backend; an unknown name is an error.
  void add(std::string_view name, std::chrono::nanoseconds latency) noexcept;
  void add_error() noexcept { errors_.add(); }
  Count count() const;
  std::uint64_t answers() const noexcept;

 private:
  struct Row {
    Row(std::string name_, double configured_) : name(std::move(name_)), configured(configured_) {}
    std::string name;
    double configured;
    telemetry::Counter answers;
    telemetry::Histogram latency;
  };
  std::vector<std::unique_ptr<Row>> rows_;
  telemetry::Counter errors_;
};

// By how many standard deviations of a fair draw `seen` of `total` is away from `share`; infinite
// when a share of 0 or 1 was not kept exactly.
double deviation(std::uint64_t seen, std::uint64_t total, double share) noexcept;

inline constexpr double kDeviationMax = 3;

// Some answers, no errors, and every variant within kDeviationMax of its share.
bool is_as_configured(const Count& count) noexcept;

}  // namespace sluice::app::demo
