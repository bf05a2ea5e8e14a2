#include "control/experiments.hpp"

#include <algorithm>

#include "rollout/known_good.hpp"

namespace sluice::control {
namespace {

// Upstreams without weight have no users: they may be there or not.
bool is_served(const Weights& split, const Weights& served) {
  const auto agrees_with = [](const Weights& others) {
    return [&others](const auto& one) {
      return one.weight == rollout::weight_of(others, one.upstream);
    };
  };
  return std::ranges::all_of(split, agrees_with(served)) &&
         std::ranges::all_of(served, agrees_with(split));
}

}  // namespace

void Experiments::configure(std::vector<rollout::ExperimentSpec> specs) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> entries;
  for (rollout::ExperimentSpec& spec : specs) {
    Entry* const known = find(spec.name);
    if (known != nullptr && known->spec == spec)
      entries.push_back(std::move(*known));
    else
      entries.push_back({.spec = std::move(spec)});
  }
  for (Entry& gone : entries_)
    if (gone.counts != nullptr) retired_.push_back(std::move(gone.counts));
  entries_ = std::move(entries);
}

Experiments::Entry* Experiments::find(std::string_view name) {
  const auto found = std::ranges::find_if(
      entries_, [name](const Entry& entry) { return entry.spec.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

// The chance that places users is another one when somebody sets other weights.
void Experiments::check(Entry& entry) {
  if (!entry.runs || is_served(entry.spec.split, served_(entry.spec.route))) return;
  entry.runs = false;
  entry.why = "the weights of the route are others now";
}

Experiments::Entry* Experiments::find_running(std::string_view name) {
  Entry* const entry = find(name);
  if (entry == nullptr) return nullptr;
  check(*entry);
  return entry->runs ? entry : nullptr;
}

bool Experiments::start(const rollout::ExperimentSpec& spec, WallTime now) {
  auto counts = std::make_unique<rollout::Experiment>(spec);
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(spec.name);
  if (entry == nullptr || entry->spec != spec) return false;
  entry->runs = true;
  entry->why.clear();
  entry->began = now;
  if (entry->counts != nullptr) retired_.push_back(std::move(entry->counts));
  entry->counts = std::move(counts);
  return true;
}

bool Experiments::stop(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find_running(name);
  return entry != nullptr && std::exchange(entry->runs, false);
}

std::optional<rollout::Experiment::Taken> Experiments::take(std::string_view name,
                                                            std::string_view arm,
                                                            std::string_view event,
                                                            std::optional<std::uint64_t> key) {
  Retired free_outside;
  const std::lock_guard lock(mutex_);
  free_outside.swap(retired_);
  Entry* const entry = find_running(name);
  if (entry == nullptr) return std::nullopt;
  return entry->counts->take(arm, event, key);
}

std::optional<rollout::Experiment::Taken> Experiments::take(std::string_view name,
                                                            const Weights& counts,
                                                            std::string_view event) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find_running(name);
  if (entry == nullptr) return std::nullopt;
  return entry->counts->take(counts, event);
}

ExperimentStatus Experiments::status_of(const Entry& entry) {
  ExperimentStatus status{
      .spec = entry.spec, .runs = entry.runs, .why = entry.why, .began = entry.began};
  if (entry.counts == nullptr) return status;
  status.comparisons = entry.counts->comparisons();
  status.exposures = entry.counts->exposures();
  status.sample_ratio_mismatch = entry.counts->sample_ratio_mismatch();
  return status;
}

bool Experiments::knows(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return find(name) != nullptr;
}

std::optional<ExperimentStatus> Experiments::status(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name);
  if (entry == nullptr) return std::nullopt;
  check(*entry);
  return status_of(*entry);
}

std::vector<ExperimentStatus> Experiments::statuses() {
  Retired free_outside;
  const std::lock_guard lock(mutex_);
  free_outside.swap(retired_);
  std::vector<ExperimentStatus> all;
  for (Entry& entry : entries_) {
    check(entry);
    all.push_back(status_of(entry));
  }
  return all;
}

}  // namespace sluice::control
