#include "control/experiments.hpp"

#include <algorithm>
#include <utility>

namespace sluice::control {

void Experiments::configure(std::vector<rollout::ExperimentSpec> specs) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> entries;
  for (rollout::ExperimentSpec& spec : specs) {
    Entry* const known = find(spec.name);
    entries.push_back(known != nullptr && known->spec == spec ? std::move(*known)
                                                              : Entry{.spec = std::move(spec)});
  }
  entries_ = std::move(entries);
}

Experiments::Entry* Experiments::find(std::string_view name) {
  const auto found = std::ranges::find_if(
      entries_, [name](const Entry& entry) { return entry.spec.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

const Experiments::Entry* Experiments::find(std::string_view name) const {
  return const_cast<Experiments*>(this)->find(name);
}

std::optional<Weights> Experiments::weights(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Entry* const entry = find(name);
  if (entry == nullptr) return std::nullopt;
  return entry->spec.split;
}

void Experiments::start(std::string_view name, WallTime now) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name);
  if (entry == nullptr) return;  // the file has changed since
  entry->runs = true;
  entry->began = now;
  entry->counts.emplace(entry->spec);
}

bool Experiments::stop(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name);
  return entry != nullptr && std::exchange(entry->runs, false);
}

std::optional<rollout::Experiment::Taken> Experiments::take(std::string_view name,
                                                            std::string_view arm,
                                                            std::string_view event,
                                                            std::optional<std::uint64_t> key) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name);
  if (entry == nullptr || !entry->runs) return std::nullopt;
  return entry->counts->take(arm, event, key);
}

std::optional<rollout::Experiment::Taken> Experiments::take(std::string_view name,
                                                            const Weights& counts,
                                                            std::string_view event) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name);
  if (entry == nullptr || !entry->runs) return std::nullopt;
  return entry->counts->take(counts, event);
}

ExperimentStatus Experiments::status_of(const Entry& entry) {
  ExperimentStatus status{.spec = entry.spec, .runs = entry.runs, .began = entry.began};
  if (!entry.counts) return status;
  status.comparisons = entry.counts->comparisons();
  status.exposures = entry.counts->exposures();
  status.sample_ratio_mismatch = entry.counts->sample_ratio_mismatch();
  return status;
}

std::optional<ExperimentStatus> Experiments::status(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Entry* const entry = find(name);
  if (entry == nullptr) return std::nullopt;
  return status_of(*entry);
}

std::vector<ExperimentStatus> Experiments::statuses() const {
  const std::lock_guard lock(mutex_);
  std::vector<ExperimentStatus> all;
  for (const Entry& entry : entries_) all.push_back(status_of(entry));
  return all;
}

}  // namespace sluice::control
