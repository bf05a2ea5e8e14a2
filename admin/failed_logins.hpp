#pragma once
// How often who may guess a token. Pure.
//
// Invariant: at most kEach wrong tokens a minute are answered as such for one source, and kAll for
//            all together; the table of sources is bounded. Who has a valid token is never asked.
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace sluice::admin {

class FailedLogins {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::uint32_t kEach = 10;
  static constexpr std::uint32_t kAll = 100;
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr std::size_t kSourcesMax = 1'000;

  // One more wrong token. How long its source should wait; zero: it may try again.
  std::chrono::seconds count(const std::string& source, Time now) {
    if (now - began_ >= kWindow || sources_.size() > kSourcesMax) {
      began_ = now;
      sources_.clear();
      all_ = 0;
    }
    const bool too_many = ++sources_[source] > kEach;
    if (++all_ <= kAll && !too_many) return std::chrono::seconds(0);
    return std::chrono::ceil<std::chrono::seconds>(began_ + kWindow - now);
  }

 private:
  Time began_{};
  std::map<std::string, std::uint32_t> sources_;
  std::uint32_t all_ = 0;
};

}  // namespace sluice::admin
