#pragma once
// Keeps the board up to date, by checks and by what the workers count, and tells control when
// something follows from it.
//
// Thread:    control thread only: that of the io_context; statuses() on any. Path: cold.
// Invariant: what follows is told at once, as long as it is not more than ten times in a second;
//            however endpoints flap, it is ten times a second in the long run. What the log says of
//            an endpoint has been told before.
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "health/board.hpp"
#include "health/prober.hpp"
#include "health/telling_pace.hpp"
#include "health/traffic_tally.hpp"
#include "telemetry/health_metrics.hpp"

namespace sluice::health {

class Monitor {
 public:
  struct Sinks {
    std::function<void(const routing::FitnessMap&)> fitness;
    std::function<void(const std::string&)> log;  // one line, without its end
    // An endpoint went out or came back: its state of now, and "is down: connection refused".
    std::function<void(const routing::EndpointName&, std::string_view state,
                       const std::string& what)>
        turned = {};
  };

  // The shards outlive this.
  Monitor(boost::asio::io_context& io, std::uint64_t seed,
          std::vector<const telemetry::Shard*> shards, Sinks sinks);

  // Call with every snapshot that is published.
  void adopt(std::shared_ptr<const routing::Snapshot> snapshot);
  // No more checks, nothing more is told.
  void stop();

  // Every endpoint that is checked has been, once at least, and what followed has been told.
  bool settled() const;
  // As of the last change. Thread: any.
  std::vector<EndpointStatus> statuses() const;
  const telemetry::HealthMetrics& metrics() const noexcept { return metrics_; }

 private:
  std::chrono::milliseconds on_result(const routing::EndpointName& name, CheckResult result);
  void await_tick();
  void tick();
  void read_traffic(SteadyTime now);
  void tell_events();
  void tell_soon();
  void tell();
  void tell_fitness();
  void show_statuses();

  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer tell_timer_;
  Sinks sinks_;
  Board board_;
  TrafficTally tally_;
  telemetry::HealthMetrics metrics_;
  routing::FitnessMap told_;
  TellingPace pace_;
  mutable std::mutex statuses_mutex_;
  std::vector<EndpointStatus> statuses_;
  bool ticking_ = false;
  bool telling_ = false;
  bool stopped_ = false;
  Prober prober_;
};

}  // namespace sluice::health
