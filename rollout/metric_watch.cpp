#include "rollout/metric_watch.hpp"

#include <cmath>

#include "base/condition.hpp"
#include "base/units.hpp"

namespace sluice::rollout {
namespace {

bool holds(const std::string& condition, double value) {
  const auto parsed = Condition::parse(condition);
  return parsed.ok() && parsed.value().holds(value);
}

}  // namespace

std::string_view label(Outcome outcome) noexcept {
  static constexpr std::string_view kLabels[] = {"success", "failure", "inconclusive", "no_data",
                                                 "error"};
  return kLabels[static_cast<std::size_t>(outcome)];
}

Outcome judge(const MetricSpec& spec, const Measurement& measurement) {
  if (!measurement.error.empty()) return Outcome::error;
  if (!measurement.value || std::isnan(*measurement.value)) return Outcome::no_data;
  const double value = *measurement.value;
  if (spec.failure.empty()) return holds(spec.success, value) ? Outcome::success : Outcome::failure;
  if (holds(spec.failure, value)) return Outcome::failure;
  if (spec.success.empty() || holds(spec.success, value)) return Outcome::success;
  return Outcome::inconclusive;
}

bool MetricWatch::is_due(SteadyTime now) noexcept {
  if (!next_) next_ = now + spec_.initial_delay;
  if (asked_ || now < *next_) return false;
  next_ = now + spec_.interval;
  return asked_ = true;
}

std::optional<Outcome> MetricWatch::take(const Measurement& measurement) {
  asked_ = false;
  const Outcome outcome = judge(spec_, measurement);
  last_ = outcome;
  value_ = measurement.value;
  error_ = measurement.error;
  failures_ += outcome == Outcome::failure ? 1 : 0;
  inconclusive_ += outcome == Outcome::inconclusive ? 1 : 0;
  errors_in_a_row_ = outcome == Outcome::error ? errors_in_a_row_ + 1 : 0;
  no_data_in_a_row_ = outcome == Outcome::no_data ? no_data_in_a_row_ + 1 : 0;
  if (failures_ > spec_.failure_limit) return Outcome::failure;
  if (inconclusive_ > spec_.inconclusive_limit) return Outcome::inconclusive;
  if (errors_in_a_row_ > spec_.consecutive_error_limit) return Outcome::error;
  if (no_data_in_a_row_ > spec_.consecutive_no_data_limit) return Outcome::no_data;
  return std::nullopt;
}

void MetricWatch::forgive() noexcept {
  inconclusive_ = 0;
  errors_in_a_row_ = 0;
  no_data_in_a_row_ = 0;
}

std::string MetricWatch::in_words() const {
  const std::string& name = spec_.name;
  if (!last_) return name + " has not been measured";
  if (*last_ == Outcome::error) return name + " cannot be measured: " + error_;
  if (*last_ == Outcome::no_data) return name + " has no value";
  std::string wanted = spec_.success.empty() ? "" : ", wanted " + spec_.success;
  if (!spec_.failure.empty()) wanted += ", not " + spec_.failure;
  return name + " is " + format_rounded(*value_, 6) + wanted;
}

}  // namespace sluice::rollout
