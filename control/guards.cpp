#include "control/guards.hpp"

#include <algorithm>
#include <utility>

namespace sluice::control {
namespace {

constexpr std::size_t kBreachesKept = 100;
const routing::GuardSpec kNoGuard;

rollout::ArmSlots slots_of(const routing::Snapshot& snapshot, const routing::Route& route) {
  rollout::ArmSlots slots;
  for (const routing::Arm& arm : route.arms)
    if (arm.in_split) slots[snapshot.upstreams[arm.upstream_index].name] = arm.slot;
  return slots;
}

Weights configured_weights(const routing::Route& route, const State& state) {
  const auto entry = state.weights.find(route.name);
  return entry == state.weights.end() ? route.spec.split : entry->second.configured;
}

BreachRecord record_of(const std::string& route, const rollout::Breach& breach,
                       std::chrono::steady_clock::time_point now) {
  return {.at = wall_now(),
          .route = route,
          .upstream = breach.upstream,
          .action = std::string(label(breach.action)),
          .metric = breach.metric,
          .common_cause = breach.common_cause,
          .before = format_weights(breach.before),
          .after = format_weights(breach.after),
          .sentence = breach.verdict.sentence,
          .harmed = breach.harmed,
          .took = std::chrono::duration_cast<std::chrono::milliseconds>(now - breach.first_bad)};
}

std::string in_words(const BreachRecord& record) {
  std::string words = "guard: route " + record.route + ": ";
  if (record.action == "revert")
    words += record.upstream + " loses its weight (" + record.before + " -> " + record.after + ")";
  else
    words += record.upstream + " is " +
             (record.common_cause ? "bad, and its baseline too" : "bad") + " (" + record.action +
             ")";
  return words + ", " + std::to_string(record.took.count()) + " ms and " +
         std::to_string(record.harmed) + " requests after the first bad one: " + record.sentence;
}

}  // namespace

Guards::Guards(std::vector<const telemetry::Shard*> shards, Sinks sinks)
    : shards_(std::move(shards)), sinks_(std::move(sinks)) {}

void Guards::adopt(const routing::Snapshot& snapshot, const State& state) {
  const SteadyTime now = sinks_.now();
  std::erase_if(known_good_, [&](const auto& one) { return !snapshot.find_route(one.first); });
  std::erase_if(guarded_, [&](const auto& one) {
    const routing::Route* const route = snapshot.find_route(one.first);
    return route == nullptr || !route->watch;
  });
  for (const routing::Route& route : snapshot.routes) {
    const routing::GuardSpec& spec = route.spec.guard ? *route.spec.guard : kNoGuard;
    rollout::KnownGood& known_good = known_good_[route.name];
    known_good.configure(configured_weights(route, state), spec.settle);
    known_good.serve(route.spec.split, now);
    if (route.watch) adopt_guard(snapshot, route, now);
  }
}

void Guards::adopt_guard(const routing::Snapshot& snapshot, const routing::Route& route,
                         SteadyTime now) {
  const routing::GuardSpec& spec = *route.spec.guard;
  const std::uint32_t baseline_slot = route.arms[route.watch->baseline_arm].slot;
  Guarded& guarded = guarded_.try_emplace(route.name, spec).first->second;
  const bool is_another = !guarded.fsm.is_watching() || guarded.fsm.spec() != spec ||
                          guarded.baseline_slot != baseline_slot;
  guarded.slot = route.slot;
  guarded.baseline_slot = baseline_slot;
  guarded.fsm.configure(spec);
  guarded.fsm.serve(route.spec.split, slots_of(snapshot, route), snapshot.generation, now);
  if (is_another) guarded.look_anew();
}

void Guards::Guarded::look_anew() {
  recent = {};
  slow.assign(fsm.spec().latency.size(), std::nullopt);
}

bool Guards::is_watching() const noexcept {
  return std::ranges::any_of(guarded_,
                             [](const auto& one) { return one.second.fsm.is_watching(); });
}

std::vector<routing::SlowAfter> Guards::limits() const {
  std::vector<routing::SlowAfter> all;
  for (const auto& [route, guarded] : guarded_) {
    if (!guarded.fsm.is_watching()) continue;
    routing::SlowAfter limits;
    limits.route_slot = guarded.slot;
    for (std::size_t i = 0; i < guarded.slow.size(); ++i) {
      if (!guarded.slow[i]) continue;
      limits.baseline[i] = guarded.slow[i]->baseline;
      limits.others[i] = guarded.slow[i]->guarded;
    }
    all.push_back(limits);
  }
  return all;
}

// ---- the tick --------------------------------------------------------------------------------

void Guards::tick(const std::vector<routing::WatchReport>& workers) {
  for (auto& [route, guarded] : guarded_)
    if (guarded.fsm.is_watching()) tick_route(route, guarded, workers);
  show_gauges();
}

void Guards::tick_route(const std::string& route, Guarded& guarded,
                        const std::vector<routing::WatchReport>& workers) {
  std::vector<routing::RouteTick> ticks;
  for (const routing::WatchReport& worker : workers)
    for (const routing::RouteTick& tick : worker.routes)
      if (tick.route_slot == guarded.slot) ticks.push_back(tick);
  for (const rollout::Breach& breach : guarded.fsm.observe(ticks, known_good_[route], sinks_.now()))
    carry_out(route, breach);
  measure(guarded);
}

void Guards::measure(Guarded& guarded) const {
  telemetry::HistogramSum sum;
  for (const telemetry::Shard* const shard : shards_)
    if (const auto* const arm = shard->arms.find(guarded.baseline_slot))
      sum.add(arm->response_began);
  guarded.recent.observe(sum);
  const auto& latencies = guarded.fsm.spec().latency;
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    guarded.slow[i] =
        rollout::slow_limits(guarded.recent, latencies[i].quantile, latencies[i].max_ratio);
    if (auto& limits = guarded.slow[i])
      limits->guarded = std::max<std::chrono::microseconds>(
          limits->guarded, limits->baseline + latencies[i].min_difference);
  }
}

void Guards::carry_out(const std::string& route, const rollout::Breach& breach) {
  if (breach.action == rollout::GuardAction::revert &&
      !sinks_.revert({.route = route, .weights = breach.after, .disowned = {breach.upstream}},
                     breach.verdict.sentence))
    return;  // the route has just gone
  const BreachRecord record = record_of(route, breach, sinks_.now());
  {
    const std::lock_guard lock(mutex_);
    breaches_.push_front(record);
    if (breaches_.size() > kBreachesKept) breaches_.pop_back();
    if (breach.action == rollout::GuardAction::revert) ++reversions_[{route, breach.metric}];
  }
  if (sinks_.log) sinks_.log(in_words(record));
  if (sinks_.breached) sinks_.breached(record);
}

void Guards::show_gauges() {
  std::vector<Gauge> gauges;
  for (const auto& [route, guarded] : guarded_)
    for (const auto& [upstream, run] : guarded.fsm.runs())
      for (const auto& metric : run.run.evidence().metrics())
        gauges.push_back({route, upstream, metric.limits().name, metric.log_evidence()});
  const std::lock_guard lock(mutex_);
  gauges_ = std::move(gauges);
}

// ---- to look at ------------------------------------------------------------------------------

rollout::Safety Guards::safety(const std::string& route, const std::string& upstream) const {
  const auto found = guarded_.find(route);
  if (found == guarded_.end()) return {};
  const auto run = found->second.fsm.runs().find(upstream);
  if (run == found->second.fsm.runs().end()) return {};
  const rollout::GuardEvidence& evidence = run->second.run.evidence();
  return {.safe = evidence.safe_to_advance(),
          .any_data = run->second.run.requests() > 0,
          .holds = evidence.sample_ratio_mismatch()};
}

void Guards::disown(const std::string& route, const std::vector<std::string>& upstreams) {
  const auto found = known_good_.find(route);
  if (found == known_good_.end()) return;
  for (const std::string& upstream : upstreams) found->second.disgrace(upstream, sinks_.now());
}

std::optional<Weights> Guards::known_good(const std::string& route) const {
  const auto found = known_good_.find(route);
  return found == known_good_.end() ? std::nullopt : found->second.find_before();
}

std::vector<BreachRecord> Guards::breaches() const {
  const std::lock_guard lock(mutex_);
  return {breaches_.begin(), breaches_.end()};
}

std::vector<Guards::Gauge> Guards::gauges() const {
  const std::lock_guard lock(mutex_);
  return gauges_;
}

std::map<std::pair<std::string, std::string>, std::uint64_t> Guards::reversions() const {
  const std::lock_guard lock(mutex_);
  return reversions_;
}

std::optional<GuardStatus> Guards::status(const std::string& route) const {
  const auto found = guarded_.find(route);
  if (found == guarded_.end()) return std::nullopt;
  const Guarded& guarded = found->second;
  const routing::GuardSpec& spec = guarded.fsm.spec();
  GuardStatus status{.route = route,
                     .baseline = spec.baseline,
                     .false_revert_probability = spec.false_revert_probability,
                     .on_breach = std::string(label_of(spec.on_breach)),
                     .runs = {},
                     .known_good = known_good(route)};
  for (const auto& [upstream, run] : guarded.fsm.runs())
    status.runs.push_back(status_of(upstream, run, spec, guarded.slow, sinks_.now()));
  return status;
}

}  // namespace sluice::control
