#include "proxy/watch_book.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace sluice::proxy {
namespace {

using routing::SlowAfter;

constexpr std::uint8_t bit(std::size_t metric) noexcept {
  return static_cast<std::uint8_t>(1U << metric);
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

void Watched::unlink() noexcept {
  if (next_ == nullptr) return;
  prev_->next_ = next_;
  next_->prev_ = prev_;
  next_ = prev_ = nullptr;
}

void WatchBook::adopt(const routing::Snapshot& snapshot) {
  if (in_flight_.next_ == nullptr) in_flight_.next_ = in_flight_.prev_ = &in_flight_;
  books_.resize(std::max<std::size_t>(books_.size(), snapshot.slots.route_count()));
}

void WatchBook::enter(Watched& request, const routing::Decision& decision, std::uint64_t generation,
                      net::SteadyTime now, bool timed) noexcept {
  const routing::Route& route = *decision.route;
  const routing::Placements& placements = **decision.placements;
  const std::size_t arm = placements.index_of(decision.arm->slot);
  if (arm == routing::Placements::kNowhere) return;
  request.route_ = &route;
  request.placements_ = decision.placements;
  request.began_ = now;
  request.session_ = decision.session;
  request.generation_ = generation;
  request.arm_slot_ = decision.arm->slot;
  request.arm_ = static_cast<std::uint16_t>(arm);
  request.is_baseline_ = decision.arm == &route.arms[route.watch->baseline_arm];
  const SlowAfter& limits = books_[route.slot].limits;
  request.slow_after_ = request.is_baseline_ ? limits.baseline : limits.others;
  request.is_timed_ = timed;
  if (timed) request.link_before(in_flight_);
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
  const std::size_t metrics = request.is_timed_ ? 1 + request.route_->watch->latencies : 1;
  for (std::size_t metric = 0; metric < metrics; ++metric) {
    count_bad(request, metric);  // it is infinitely slow, too
    if (metric > 0) decide_duration(request, metric, true);
  }
  if (request.next_ == nullptr) return;
  request.unlink();
  if (request.is_baseline_) shard_.arms.ensure(request.arm_slot_).response_began.add(kForever);
}

void WatchBook::judge_response(Watched& request, net::SteadyTime now) noexcept {
  const std::chrono::nanoseconds age = now - request.began_;
  judge_age(request, age);
  for (std::size_t i = 0; i < request.route_->watch->latencies; ++i)
    decide_duration(request, i + 1, false);
  request.unlink();
  if (request.is_baseline_) shard_.arms.ensure(request.arm_slot_).response_began.add(age);
}

void WatchBook::count_end(Watched& request) noexcept {
  request.unlink();
  decide(request, 0, false);
}

void WatchBook::judge_age(Watched& request, std::chrono::nanoseconds age) noexcept {
  const routing::Watch& watch = *request.route_->watch;
  for (std::size_t i = 0; i < watch.latencies; ++i) {
    if (age >= request.slow_after_[i]) count_bad(request, i + 1);
    if (age > watch.longest[i]) decide_duration(request, i + 1, true);
  }
}

void WatchBook::count_bad(Watched& request, std::size_t metric) noexcept {
  if ((request.bad_ & bit(metric)) != 0) return;
  request.bad_ |= bit(metric);
  // Without limits nobody is slow, so a failure is not slow either.
  if (metric > 0 && request.slow_after_[metric - 1] == SlowAfter::kNever) return;
  if (request.session_ == 0) {
    routing::ArmTick& tick = tick_of(request);
    ++tick.bad[metric];
    tick.chosen[metric] += random_() >> 63U;
    return;
  }
  RouteBook& book = books_[request.route_->slot];
  if (book.tick.sessions.size() == routing::RouteTick::kSessionEventsMax) return;
  const std::size_t draw = draw_of(book, *request.placements_);
  book.tick.sessions.push_back({request.session_, request.generation_,
                                static_cast<std::uint32_t>(draw), request.arm_,
                                static_cast<std::uint16_t>(metric)});
}

// Each request once a metric.
void WatchBook::decide(Watched& request, std::size_t metric, bool over) noexcept {
  if ((request.over_ & bit(metric)) != 0) return;
  request.over_ |= bit(metric);
  routing::ArmTick& tick = tick_of(request);
  ++tick.decided[metric];
  if (over) ++tick.over[metric];
}

void WatchBook::decide_duration(Watched& request, std::size_t metric, bool over) noexcept {
  if (request.route_->watch->longest[metric - 1] != routing::kUnlimited)
    decide(request, metric, over);
}

// ---- the tick --------------------------------------------------------------------------------

std::size_t WatchBook::draw_of(RouteBook& book, const routing::SharedPlacements& placements) {
  auto& draws = book.tick.draws;
  if (book.newest < draws.size() && draws[book.newest].placements == placements) return book.newest;
  const auto found = std::ranges::find(draws, placements, &routing::DrawTick::placements);
  book.newest = static_cast<std::size_t>(found - draws.begin());
  if (found == draws.end())
    draws.push_back({placements, std::vector<routing::ArmTick>(placements->arms.size())});
  return book.newest;
}

routing::ArmTick& WatchBook::tick_of(const Watched& request) {
  RouteBook& book = books_[request.route_->slot];
  const std::size_t draw = draw_of(book, *request.placements_);
  return book.tick.draws[draw].arms[request.arm_];
}

routing::WatchReport WatchBook::collect(net::SteadyTime now, std::span<const SlowAfter> limits) {
  if (in_flight_.next_ != nullptr) {
    for (Watched* one = in_flight_.next_; one != &in_flight_; one = one->next_)
      judge_age(*one, now - one->began_);
  }
  routing::WatchReport report;
  for (std::size_t slot = 0; slot < books_.size(); ++slot) {
    RouteBook& book = books_[slot];
    if (book.tick.draws.empty()) continue;
    book.tick.route_slot = static_cast<std::uint32_t>(slot);
    report.routes.push_back(std::exchange(book.tick, {}));
  }
  use_limits(limits);
  return report;
}

void WatchBook::use_limits(std::span<const SlowAfter> limits) {
  for (RouteBook& book : books_) book.limits = {};
  for (const SlowAfter& one : limits) {
    if (one.route_slot < books_.size()) books_[one.route_slot].limits = one;
  }
}

}  // namespace sluice::proxy
