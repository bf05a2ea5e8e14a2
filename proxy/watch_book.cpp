#include "proxy/watch_book.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace sluice::proxy {
namespace {

using routing::SlowAfter;

constexpr std::uint8_t bit(std::size_t metric) noexcept {
  return static_cast<std::uint8_t>(1U << metric);
}

SlowLimits limits_of(const SlowAfter::Limits& each) noexcept {
  return {*std::ranges::min_element(each), each};
}

// Of a failure among the durations: longer than any.
constexpr std::chrono::hours kForever{1};

}  // namespace

// ---- one request -----------------------------------------------------------------------------

void Watched::link_before(Watched& other) noexcept {
  prev_ = other.prev_;
  next_ = &other;
  prev_->next_ = this;
  other.prev_ = this;
}

void WatchBook::adopt(const routing::Snapshot& snapshot) {
  if (in_flight_.next_ == nullptr) in_flight_.next_ = in_flight_.prev_ = &in_flight_;
  books_.resize(std::max<std::size_t>(books_.size(), snapshot.slots.route_count()));
  for (const routing::Route& route : snapshot.routes) {
    if (!route.watch) continue;
    const std::uint32_t baseline = route.arms[route.watch->baseline_arm].slot;
    books_[route.slot].response_began = &shard_.arms.ensure(baseline).response_began;
  }
}

void WatchBook::enter(Watched& request, const routing::Decision& decision, std::uint64_t generation,
                      net::SteadyTime now, bool timed) noexcept {
  const routing::Route& route = *decision.route;
  const routing::Placements& placements = **decision.placements;
  const std::size_t arm = placements.index_of(decision.arm->slot);
  if (arm == routing::Placements::kNowhere) return;
  RouteBook& book = books_[route.slot];
  const bool baseline = decision.arm == &route.arms[route.watch->baseline_arm];
  request.decision_ = &decision;
  request.arm_ = static_cast<std::uint16_t>(arm);
  request.began_ = now;
  request.generation_ = generation;
  request.slow_after_ = baseline ? book.slow_baseline : book.slow_others;
  if (baseline) request.response_began_ = book.response_began;
  request.is_timed_ = timed;
  if (timed) request.link_before(in_flight_);
  if (&placements == book.newest) [[likely]] {
    request.tick_ = &book.newest_arms[arm];
    request.ticks_ = ticks_;
  }
  const bool drawn =
      decision.reason == routing::Reason::weight && (decision.session == 0 || decision.set_cookie);
  if (drawn) ++tick_of(request).drawn;
}

void WatchBook::count_failure(Watched& request, net::SteadyTime now) noexcept {
  if ((request.over_ & bit(0)) != 0) return;
  routing::ArmTick& tick = tick_of(request);
  ++tick.failed;
  tick.first_failure = std::min(tick.first_failure, now);
  decide(request, 0, true);
  const std::size_t metrics = request.is_timed_ ? 1 + request.watch().latencies : 1;
  for (std::size_t metric = 0; metric < metrics; ++metric) {
    count_bad(request, metric);  // it is infinitely slow, too
    if (metric > 0) decide_duration(request, metric, true);
  }
  if (request.next_ == nullptr) return;
  request.unlink();
  if (request.response_began_ != nullptr) request.response_began_->add(kForever);
}

void WatchBook::judge_response(Watched& request, std::chrono::nanoseconds age) noexcept {
  judge_age(request, age);
  for (std::size_t i = 0; i < request.watch().latencies; ++i)
    decide_duration(request, i + 1, false);
}

void WatchBook::judge_age(Watched& request, std::chrono::nanoseconds age) noexcept {
  const routing::Watch& watch = request.watch();
  for (std::size_t i = 0; i < watch.latencies; ++i) {
    if (age >= request.slow_after_.each[i]) count_bad(request, i + 1);
    if (age > watch.longest[i]) decide_duration(request, i + 1, true);
  }
}

void WatchBook::count_bad(Watched& request, std::size_t metric) noexcept {
  if ((request.bad_ & bit(metric)) != 0) return;
  request.bad_ |= bit(metric);
  // Without limits nobody is slow, so a failure is not slow either.
  if (metric > 0 && request.slow_after_.each[metric - 1] == SlowAfter::kNever) return;
  if (request.decision_->session == 0) {
    routing::ArmTick& tick = tick_of(request);
    ++tick.bad[metric];
    tick.chosen[metric] += random_() >> 63U;
    return;
  }
  RouteBook& book = books_[request.decision_->route->slot];
  if (book.tick.sessions.size() == routing::RouteTick::kSessionEventsMax) return;
  const std::size_t draw = draw_of(book, *request.decision_->placements);
  book.tick.sessions.push_back({request.decision_->session, request.generation_,
                                static_cast<std::uint32_t>(draw), request.arm_,
                                static_cast<std::uint16_t>(metric)});
}

void WatchBook::decide_duration(Watched& request, std::size_t metric, bool over) noexcept {
  if (request.watch().longest[metric - 1] != routing::kUnlimited) decide(request, metric, over);
}

// ---- the tick --------------------------------------------------------------------------------

std::size_t WatchBook::draw_of(RouteBook& book, const routing::SharedPlacements& placements) {
  auto& draws = book.tick.draws;
  const auto found = std::ranges::find(draws, placements, &routing::DrawTick::placements);
  const auto index = static_cast<std::size_t>(found - draws.begin());
  if (found == draws.end())
    draws.push_back({placements, std::vector<routing::ArmTick>(placements->arms.size())});
  return index;
}

// Counters of a tick stay where they are until it is told, also when another draw joins them.
void WatchBook::find_tick(Watched& request) {
  RouteBook& book = books_[request.decision_->route->slot];
  const std::size_t draw = draw_of(book, *request.decision_->placements);
  book.newest = request.decision_->placements->get();
  book.newest_arms = book.tick.draws[draw].arms.data();
  request.tick_ = &book.newest_arms[request.arm_];
  request.ticks_ = ticks_;
}

routing::WatchReport WatchBook::collect(net::SteadyTime now, std::span<const SlowAfter> limits) {
  if (in_flight_.next_ != nullptr) {
    for (Watched* one = in_flight_.next_; one != &in_flight_; one = one->next_)
      judge_age(*one, now - one->began_);
  }
  ++ticks_;
  routing::WatchReport report;
  for (std::size_t slot = 0; slot < books_.size(); ++slot) {
    RouteBook& book = books_[slot];
    if (book.tick.draws.empty()) continue;
    book.newest = nullptr;
    book.tick.route_slot = static_cast<std::uint32_t>(slot);
    report.routes.push_back(std::exchange(book.tick, {}));
  }
  use_limits(limits);
  return report;
}

void WatchBook::use_limits(std::span<const SlowAfter> limits) {
  for (RouteBook& book : books_) book.slow_baseline = book.slow_others = {};
  for (const SlowAfter& one : limits) {
    if (one.route_slot >= books_.size()) continue;
    books_[one.route_slot].slow_baseline = limits_of(one.baseline);
    books_[one.route_slot].slow_others = limits_of(one.others);
  }
}

}  // namespace sluice::proxy
