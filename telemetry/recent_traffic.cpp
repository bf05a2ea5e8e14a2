#include "telemetry/recent_traffic.hpp"

namespace sluice::telemetry {

// Nobody places what a route answers by itself: its answers are counted.
RecentTraffic::Counts RecentTraffic::count(const ArmEntry& entry) const {
  constexpr std::uint16_t kFirstServerError = 500;
  Counts counts;
  for (const Shard* const shard : shards_) {
    const ArmCounters* const arm = shard->arms.find(entry.slot);
    if (arm == nullptr) continue;
    for (const Counter& decisions : arm->decisions) counts.requests += decisions.load();
    for (const auto& by_code : arm->requests) {
      if (entry.upstream.empty())
        for (const Counter& answers : by_code) counts.requests += answers.load();
      for (std::size_t i = 0; i < kKnownCodes.size(); ++i)
        if (kKnownCodes[i] >= kFirstServerError) counts.errors += by_code[i].load();
      counts.errors += by_code[code_index(599)].load();
    }
  }
  return counts;
}

void RecentTraffic::sample(Time now) {
  Sample sample{now, {}};
  for (const ArmEntry& arm : catalogue_.entries().arms)
    if (arm.present) sample.counts[arm.slot] = count(arm);
  const std::lock_guard lock(mutex_);
  samples_.push_back(std::move(sample));
  while (samples_.size() > 1 && samples_[1].at <= now - kWindow) samples_.pop_front();
}

std::vector<ArmRate> RecentTraffic::rates(Time now) const {
  const Census census = catalogue_.entries();
  const std::lock_guard lock(mutex_);
  std::vector<ArmRate> rates;
  for (const ArmEntry& arm : census.arms) {
    if (!arm.present) continue;
    ArmRate rate{arm.route, arm.upstream};
    if (!samples_.empty() && samples_.front().at < now) {
      const Sample& then = samples_.front();
      const double seconds = std::chrono::duration<double>(now - then.at).count();
      const auto found = then.counts.find(arm.slot);
      const Counts before = found == then.counts.end() ? Counts() : found->second;
      const Counts counts = count(arm);
      rate.requests = static_cast<double>(counts.requests - before.requests) / seconds;
      rate.errors = static_cast<double>(counts.errors - before.errors) / seconds;
    }
    rates.push_back(std::move(rate));
  }
  return rates;
}

}  // namespace sluice::telemetry
