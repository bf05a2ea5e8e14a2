#pragma once
// How many requests one client may make: a token bucket for each, in a table that does not grow.
// Pure: the caller says what time it is.
//
// A bucket is one number, the time at which it would be empty of debts (the "generic cell rate
// algorithm"): a request adds an interval to it, and is refused when that is too far ahead.
//
// Thread:    any number at once, all workers use the same one: a client's connections are spread
// over
//            them, and a part for each would be wrong for a client with one connection. A lock for
//            each 1/64 of the table, taken only where there is a limit.
// Invariant: of a table that is full the bucket goes that is next to be full of tokens again: who
// has
//            been quiet longest. A crowd of strangers can make a limit too mild, never too strict.
// Source:    ITU-T I.371 (GCRA).
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "routing/spec.hpp"

namespace sluice::routing {

class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // `seed`: makes it unknown which clients share a place. `places`: rounded up to 512.
  RateLimiter(const RateLimitSpec& spec, std::uint64_t seed, std::size_t places = 64 * 1024);

  const RateLimitSpec& spec() const noexcept { return spec_; }
  // Zero: go on. Else how long until the next request of this client would be let in.
  std::chrono::nanoseconds take(std::string_view client, Time now) noexcept;

 private:
  static constexpr std::size_t kStripes = 64;
  static constexpr std::size_t kWays = 8;
  struct Bucket {
    std::uint64_t client = 0;
    Time empty{};  // of debts
  };
  using Set = std::array<Bucket, kWays>;
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::vector<Set> sets;
  };
  static Bucket& find(Set& set, std::uint64_t client) noexcept;

  RateLimitSpec spec_;
  std::uint64_t seed_;
  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds tolerance_;
  std::unique_ptr<std::array<Stripe, kStripes>> stripes_;
};

}  // namespace sluice::routing
