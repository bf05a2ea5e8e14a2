#include "health/board.hpp"

#include <algorithm>
#include <cmath>

#include "base/units.hpp"

namespace sluice::health {
namespace {

constexpr double kFirstShare = 0.1;  // of a ramp; also its step
constexpr std::chrono::seconds kLookEvery{1};

std::string describe(const std::string& reason, ProbeState state) {
  if (state == ProbeState::up) return "is up";
  const std::string state_text = state == ProbeState::degraded ? "is degraded" : "is down";
  return state_text + (reason.empty() ? "" : ": " + reason);
}

// True: it was another.
template <class T>
bool set(T& place, T value) {
  if (place == value) return false;
  place = std::move(value);
  return true;
}

// What the configuration no longer asks about is forgotten.
void refer(Board::Entry& entry, const routing::Upstream& upstream,
           const routing::Endpoint& endpoint) {
  entry.upstream = &upstream;
  entry.slot = endpoint.slot;
  entry.configured = endpoint.name;
  entry.in_service = endpoint.in_service;
  if (!upstream.spec.health) {
    entry.served_unchecked = true;
    entry.probe = {};
    entry.reason.clear();
  }
  if (!upstream.spec.outlier) entry.outlier = {};
  if (upstream.spec.slow_start.count() == 0) entry.ramps_since.reset();
}

}  // namespace

// ---- one endpoint --------------------------------------------------------------------------

bool Board::Entry::fit() const noexcept {
  return !outlier.ejected() && fit_but_for_ejection();
}

bool Board::Entry::fit_but_for_ejection() const noexcept {
  if (!upstream->spec.health || is_up(probe.state())) return true;
  return probe.state() == ProbeState::unknown && served_unchecked;
}

std::string_view Board::Entry::state() const noexcept {
  if (outlier.ejected()) return "ejected";
  if (!upstream->spec.health) return "unchecked";
  switch (probe.state()) {
    case ProbeState::up:
      return "healthy";
    case ProbeState::degraded:
      return "degraded";
    case ProbeState::down:
      return "unhealthy";
    case ProbeState::unknown:
      break;
  }
  return "unknown";
}

double Board::Entry::share(SteadyTime now) const noexcept {
  const routing::UpstreamSpec& spec = upstream->spec;
  double share = 1;
  if (spec.health && spec.health->degraded && probe.state() == ProbeState::degraded)
    share = spec.health->degraded->weight;
  if (!ramps_since) return share;
  const double passed = std::chrono::duration<double>(now - *ramps_since) / spec.slow_start;
  // In steps: each is a snapshot of its own.
  const double ramp = std::floor(passed / kFirstShare) * kFirstShare;
  return share * std::clamp(ramp, kFirstShare, 1.0);
}

// ---- what happens --------------------------------------------------------------------------

void Board::adopt(std::shared_ptr<const routing::Snapshot> snapshot, SteadyTime now) {
  Entries before = std::exchange(entries_, {});
  std::vector<Entry*> new_ones;
  for (const routing::Upstream& upstream : snapshot->upstreams) {
    const bool others_were_here = snapshot_ && snapshot_->find_upstream(upstream.name);
    for (const routing::Endpoint& endpoint : upstream.endpoints) {
      routing::EndpointName name{upstream.name, endpoint.address};
      auto known = before.extract(name);
      Entry entry = known ? std::move(known.mapped()) : Entry{};
      if (!known) entry.ramps_next = others_were_here;
      refer(entry, upstream, endpoint);
      const auto place = entries_.emplace(std::move(name), std::move(entry)).first;
      if (!known) new_ones.push_back(&place->second);
    }
  }
  snapshot_ = std::move(snapshot);
  changed_ = true;
  for (Entry* const entry : new_ones)
    if (entry->fit()) rise(*entry, now);
  relieve(now);
}

void Board::checked(const routing::EndpointName& name, CheckResult result, SteadyTime now) {
  const auto place = entries_.find(name);
  if (place == entries_.end() || !place->second.upstream->spec.health) return;
  Entry& entry = place->second;
  if (result.verdict == Verdict::none) return;
  const bool was_fit = entry.fit();
  const bool turned = entry.probe.step(*entry.upstream->spec.health, result.verdict);
  // A first pass of several that are needed does not explain why it is down.
  if (turned || !result.reason.empty() || entry.probe.state() == ProbeState::up)
    changed_ |= set(entry.reason, std::move(result.reason));
  if (result.report != SelfReport{}) changed_ |= set(entry.report, std::move(result.report));
  if (turned) say(*place, describe(entry.reason, entry.probe.state()));
  if (!entry.fit()) entry.ramps_next = true;
  if (!was_fit && entry.fit()) rise(entry, now);
  if (was_fit && !entry.fit()) relieve(now);
}

void Board::counted(const routing::EndpointName& name, const Traffic& traffic, SteadyTime now) {
  const auto place = entries_.find(name);
  if (place == entries_.end() || !place->second.upstream->spec.outlier) return;
  Entry& entry = place->second;
  if (!entry.outlier.ejected()) entry.window += {traffic.successes, traffic.failures};
  if (entry.outlier.observe(*entry.upstream->spec.outlier, traffic))
    eject(*place, Ejection::consecutive_failures, now);
}

void Board::tick(SteadyTime now) {
  for (Place& place : entries_) {
    Entry& entry = place.second;
    if (entry.outlier.tick(now)) {
      entry.window = {};
      say(place, "is back after its ejection");
      if (entry.fit()) rise(entry, now);
    }
    if (!entry.ramps_since) continue;
    changed_ = true;
    if (now - *entry.ramps_since >= entry.upstream->spec.slow_start) entry.ramps_since.reset();
  }
  if (now - looked_ < kLookEvery) return;
  compare(now);
  end_windows(std::exchange(looked_, now), now);
}

// Who takes part in the comparison.
bool Board::comparable(const Entry& entry) {
  const auto& spec = entry.upstream->spec.outlier;
  return spec && spec->min_requests > 0 && entry.fit() &&
         entry.window.total() >= spec->min_requests;
}

void Board::compare(SteadyTime now) {
  std::map<const routing::Upstream*, Outcomes> all;
  for (const auto& [name, entry] : entries_)
    if (comparable(entry)) all[entry.upstream] += entry.window;
  for (Place& place : entries_) {
    Entry& entry = place.second;
    if (!comparable(entry)) continue;
    const Outcomes neighbours = all[entry.upstream] - entry.window;
    if (fails_more(entry.window, neighbours)) eject(place, Ejection::success_rate, now);
  }
}

// Windows lie side by side since the clock's beginning.
void Board::end_windows(SteadyTime last_look, SteadyTime now) {
  for (auto& [name, entry] : entries_) {
    const auto& spec = entry.upstream->spec.outlier;
    if (!spec) continue;
    const auto window = [&](SteadyTime time) { return time.time_since_epoch() / spec->interval; };
    if (window(last_look) != window(now)) entry.window = {};
  }
}

// ---- ejection and return -------------------------------------------------------------------

// Traffic alone must not empty an upstream, unless the configuration says that it may.
bool Board::may_eject(const Entry& entry) const {
  const double most = entry.upstream->spec.outlier->max_ejected;
  std::size_t all = 0;
  std::size_t ejected = 0;
  std::size_t fit = 0;
  for (const auto& [name, other] : entries_) {
    if (other.upstream != entry.upstream) continue;
    ++all;
    if (other.outlier.ejected()) ++ejected;
    if (other.fit() && other.in_service) ++fit;
  }
  if (most >= 1) return true;
  if (fit < 2) return false;
  const auto allowed = static_cast<std::size_t>(most * static_cast<double>(all));
  return ejected < std::max<std::size_t>(allowed, most > 0 ? 1 : 0);
}

void Board::eject(Place& place, Ejection why, SteadyTime now) {
  Entry& entry = place.second;
  if (!entry.fit() || !may_eject(entry)) return;
  const routing::OutlierSpec& spec = *entry.upstream->spec.outlier;
  entry.outlier.eject(spec, now);
  std::string reason = "it failed " + std::to_string(spec.consecutive_failures) + " times in a row";
  if (why == Ejection::success_rate)
    reason = "it failed " + std::to_string(entry.window.failures) + " of " +
             std::to_string(entry.window.total()) + " requests, more than its neighbours";
  entry.ejected_because = reason;
  const auto length =
      std::chrono::duration_cast<std::chrono::milliseconds>(entry.outlier.until() - now);
  say(place, "is ejected for " + format_duration(length) + ": " + reason, why);
  entry.window = {};
}

// Whoever is left goes, an ejection does not outweigh that: others may have gone down, or away,
// since it was made.
void Board::relieve(SteadyTime now) {
  std::map<const routing::Upstream*, bool> served;
  for (const auto& [name, entry] : entries_)
    served[entry.upstream] |= entry.fit() && entry.in_service;
  for (Place& place : entries_) {
    Entry& entry = place.second;
    if (served[entry.upstream] || !entry.outlier.ejected() || !entry.fit_but_for_ejection() ||
        entry.upstream->spec.outlier->max_ejected >= 1)
      continue;
    entry.outlier.pardon();
    say(place, "is back before the end of its ejection: nobody else is left");
    rise(entry, now);
  }
}

// It is fit again, or for the first time. Where nobody else serves it would have to take everything
// anyway; and when all begin together there is nobody to spare it.
void Board::rise(Entry& entry, SteadyTime now) {
  const bool others = std::ranges::any_of(entries_, [&](const Place& place) {
    const Entry& other = place.second;
    return &other != &entry && other.upstream == entry.upstream && other.fit();
  });
  if (std::exchange(entry.ramps_next, true) && others &&
      entry.upstream->spec.slow_start.count() > 0)
    entry.ramps_since = now;
}

void Board::say(const Place& place, std::string what, std::optional<Ejection> ejection) {
  changed_ = true;
  events_.push_back({place.first, std::move(what), ejection});
}

// ---- what follows --------------------------------------------------------------------------

routing::FitnessMap Board::fitness(SteadyTime now) const {
  routing::FitnessMap out;
  for (const auto& [name, entry] : entries_) {
    const routing::Fitness fitness{.fit = entry.fit(), .share = entry.share(now)};
    const bool usual = entry.upstream->spec.health
                           ? entry.probe.state() == ProbeState::unknown && !entry.served_unchecked
                           : fitness == routing::Fitness{};
    if (!usual) out[name] = fitness;
  }
  return out;
}

std::vector<EndpointStatus> Board::statuses(SteadyTime now) const {
  std::vector<EndpointStatus> all;
  for (const auto& [name, entry] : entries_)
    all.push_back({.upstream = name.upstream,
                   .address = name.address,
                   .name = entry.configured,
                   .state = entry.state(),
                   .reason = entry.outlier.ejected() ? entry.ejected_because : entry.reason,
                   .report = entry.report,
                   .share = entry.share(now)});
  return all;
}

bool Board::needs_ticks() const noexcept {
  return std::ranges::any_of(entries_, [](const Place& place) {
    return place.second.upstream->spec.outlier || place.second.ramps_since;
  });
}

}  // namespace sluice::health
