#pragma once
// Checks all endpoints that are to be checked, each at its own pace.
//
// Thread:    control thread only: that of the io_context. Path: cold.
// Invariant: at most one check of an endpoint at a time. Those that are new begin spread over a
//            while, so that a start or a reload is no storm.
#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "base/random.hpp"
#include "health/verdict.hpp"
#include "routing/compile.hpp"
#include "routing/snapshot.hpp"

namespace sluice::health {

class Prober {
 public:
  // Returns how long to wait for the next check, from the beginning of the last one.
  using OnResult =
      std::function<std::chrono::milliseconds(const routing::EndpointName&, CheckResult)>;

  Prober(boost::asio::io_context& io, std::uint64_t seed, OnResult on_result);
  ~Prober();

  // Checks of endpoints that stay as they are go on; those of the others end or begin.
  void adopt(const routing::Snapshot& snapshot);
  void stop() noexcept;

 private:
  class Watch;
  struct Opening;
  static std::shared_ptr<const Opening> make_opening(const routing::UpstreamSpec& spec);
  // `pause`, longer or shorter by up to that part of it.
  std::chrono::steady_clock::duration jittered(std::chrono::milliseconds pause, double jitter);

  boost::asio::io_context& io_;
  Xoshiro256 random_;
  OnResult on_result_;
  std::map<routing::EndpointName, std::shared_ptr<Watch>> watches_;
};

}  // namespace sluice::health
