#include "health/monitor.hpp"

#include <map>
#include <utility>

namespace sluice::health {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A dead endpoint under load is out after this, and what its requests take to fail.
constexpr milliseconds kTick{100};

}  // namespace

Monitor::Monitor(boost::asio::io_context& io, std::uint64_t seed,
                 std::vector<const telemetry::Shard*> shards, Sinks sinks)
    : tick_timer_(io),
      tell_timer_(io),
      sinks_(std::move(sinks)),
      tally_(std::move(shards)),
      prober_(io, seed, [this](const auto& name, auto result) {
        return on_result(name, std::move(result));
      }) {}

void Monitor::adopt(std::shared_ptr<const routing::Snapshot> snapshot) {
  if (stopped_) return;
  prober_.adopt(*snapshot);
  for (const routing::Upstream& upstream : snapshot->upstreams)
    if (upstream.spec.outlier)
      for (const std::string_view reason : kEjectionLabels)
        metrics_.may_eject(upstream.name, reason);
  board_.adopt(std::move(snapshot), Clock::now());
  read_traffic(Clock::now());
  if (!telling_ && board_.take_changed()) tell();  // one snapshot, of which somebody else decided
  await_tick();
}

void Monitor::stop() {
  stopped_ = true;
  prober_.stop();
  tick_timer_.cancel();
  tell_timer_.cancel();
}

bool Monitor::settled() const {
  return !telling_ && std::ranges::all_of(board_.entries(), [](const auto& place) {
    return !place.second.upstream->spec.health || place.second.probe.state() != ProbeState::unknown;
  });
}

milliseconds Monitor::on_result(const routing::EndpointName& name, CheckResult result) {
  metrics_.checked(name.upstream, name.address,
                   kVerdictLabels[static_cast<std::size_t>(result.verdict)]);
  board_.checked(name, std::move(result), Clock::now());
  tell_soon();
  const Board::Entry& entry = board_.entries().at(name);
  return entry.probe.pause(*entry.upstream->spec.health);
}

// ---- traffic and time ----------------------------------------------------------------------

void Monitor::await_tick() {
  if (ticking_ || stopped_ || !board_.needs_ticks()) return;
  ticking_ = true;
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    ticking_ = false;
    tick();
    await_tick();
  });
}

void Monitor::tick() {
  const SteadyTime now = Clock::now();
  read_traffic(now);
  board_.tick(now);
  tell_soon();
}

void Monitor::read_traffic(SteadyTime now) {
  for (const auto& [name, entry] : board_.entries()) {
    const auto& spec = entry.upstream->spec.outlier;
    if (spec)
      board_.counted(name, tally_.take(entry.slot, spec->server_errors), now);
    else
      tally_.forget(entry.slot);
  }
}

// ---- what is told --------------------------------------------------------------------------

// One line an endpoint: the log must not grow with how fast it flaps.
void Monitor::tell_events() {
  std::map<routing::EndpointName, std::pair<std::string, unsigned>> lines;
  for (Event& event : board_.take_events()) {
    if (event.ejection)
      metrics_.ejected(event.endpoint.upstream,
                       kEjectionLabels[static_cast<std::size_t>(*event.ejection)]);
    auto& [what, changes] = lines[event.endpoint];
    what = std::move(event.what);
    ++changes;
  }
  for (const auto& [endpoint, line] : lines) {
    const auto& [what, changes] = line;
    sinks_.log("health: " + endpoint.upstream + " " + endpoint.address + " " + what +
               (changes > 1 ? " (" + std::to_string(changes) + " changes)" : ""));
    const auto entry = board_.entries().find(endpoint);
    if (sinks_.turned && entry != board_.entries().end())
      sinks_.turned(endpoint, entry->second.state(), what);
  }
}

void Monitor::tell_soon() {
  if (!board_.take_changed() || telling_ || stopped_) return;
  const SteadyTime now = Clock::now();
  const SteadyTime next = pace_.next(now);
  pace_.count(next);
  if (next <= now) return tell();
  telling_ = true;
  tell_timer_.expires_at(next);
  tell_timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    telling_ = false;
    tell();
  });
}

std::vector<EndpointStatus> Monitor::statuses() const {
  const std::lock_guard lock(statuses_mutex_);
  return statuses_;
}

void Monitor::show_statuses() {
  std::vector<EndpointStatus> statuses = board_.statuses(Clock::now());
  const std::lock_guard lock(statuses_mutex_);
  statuses_ = std::move(statuses);
}

void Monitor::tell() {
  tell_fitness();
  show_statuses();
  tell_events();
  await_tick();  // a ramp may have begun
}

void Monitor::tell_fitness() {
  const SteadyTime now = Clock::now();
  routing::FitnessMap fitness = board_.fitness(now);
  if (fitness == told_) return;
  told_ = std::move(fitness);
  sinks_.fitness(told_);
}

}  // namespace sluice::health
