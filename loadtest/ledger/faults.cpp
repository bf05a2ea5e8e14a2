#include "loadtest/ledger/faults.hpp"

#include <algorithm>

namespace ledger {
namespace {

constexpr std::uint64_t kRequestsBetween = 1'000;  // on average
// While hardly anything is answered the requests do not count up; faults go on all the same.
constexpr std::chrono::seconds kTimeBetween{2};

}  // namespace

void Faults::turn(std::uint64_t begun) {
  const Clock::time_point now = Clock::now();
  for (std::size_t i = 0; i < repairs_.size();) {
    if (repairs_[i].at > now) {
      ++i;
      continue;
    }
    Endpoint* const endpoint = repairs_[i].endpoint;
    repairs_.erase(repairs_.begin() + static_cast<std::ptrdiff_t>(i));
    repair(*endpoint);
  }
  if (begun < next_ && now < struck_ + kTimeBetween) return;
  if (next_ != 0) strike();
  struck_ = now;
  next_ = begun + dice_.between(1, 2 * kRequestsBetween);
}

void Faults::strike() {
  const auto down = std::chrono::milliseconds(dice_.between(10, 300));
  Endpoint& victim = *fleet_[dice_.below(fleet_.size())];
  const std::uint64_t draw = dice_.below(100);
  if (draw < 60) {
    ++counts_.kills;
    kill(victim, down);
  } else if (draw < 87) {
    ++counts_.stops;
    stop(victim, std::chrono::milliseconds(dice_.between(5, 1'200)));
  } else if (draw < 98) {
    ++counts_.outages;
    for (const auto& endpoint : fleet_)
      if (endpoint->upstream() == victim.upstream()) kill(*endpoint, down);
  } else {
    ++counts_.blackouts;
    for (const auto& endpoint : fleet_) kill(*endpoint, down / 4);
  }
}

void Faults::kill(Endpoint& endpoint, std::chrono::milliseconds down) {
  if (endpoint.state() == Endpoint::State::dead) return;
  std::erase_if(repairs_, [&](const Repair& one) { return one.endpoint == &endpoint; });
  endpoint.kill();
  repairs_.push_back({Clock::now() + down, &endpoint});
}

void Faults::stop(Endpoint& endpoint, std::chrono::milliseconds time) {
  if (endpoint.state() != Endpoint::State::serving) return;
  endpoint.stop();
  repairs_.push_back({Clock::now() + time, &endpoint});
}

// One in four that were stopped is killed as it stands, with requests in its sockets.
void Faults::repair(Endpoint& endpoint) {
  if (endpoint.state() == Endpoint::State::dead) return endpoint.start();
  if (dice_.chance_in_10000(2'500))
    kill(endpoint, std::chrono::milliseconds(20));
  else
    endpoint.go_on();
}

void Faults::mend_all() {
  repairs_.clear();
  for (const auto& endpoint : fleet_) {
    if (endpoint->state() == Endpoint::State::dead) endpoint->start();
    if (endpoint->state() == Endpoint::State::stopped) endpoint->go_on();
  }
}

}  // namespace ledger
