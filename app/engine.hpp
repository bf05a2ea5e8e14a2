#pragma once
// The proxy as one piece, without files, signals and terminal: workers, the control that decides
// what they serve, what they count, and the admin listener that shows it.
//
// Thread:    one (the control thread) makes it and calls all of it.
// Invariant: the admin listener ends before what it looks at.
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_timer.hpp>

#include "admin/control_room.hpp"
#include "admin/server.hpp"
#include "admin/spec.hpp"
#include "app/guard_loop.hpp"
#include "app/readiness.hpp"
#include "app/rollout_loop.hpp"
#include "app/tls_files.hpp"
#include "base/result.hpp"
#include "control/control.hpp"
#include "control/events.hpp"
#include "control/experiments.hpp"
#include "control/guards.hpp"
#include "control/store.hpp"
#include "control/weight_metrics.hpp"
#include "health/monitor.hpp"
#include "notify/span_exporter.hpp"
#include "proxy/data_plane.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/catalogue.hpp"
#include "telemetry/exposition.hpp"
#include "telemetry/lifecycle.hpp"
#include "telemetry/recent_traffic.hpp"
#include "telemetry/traffic.hpp"

namespace sluice::app {

class Engine {
 public:
  using Log = std::function<void(const std::string&)>;

  // `seed` of the workers' draws. `control`: the control thread's, on which health is watched.
  // `log` takes one line without its end, on that thread. `kept`: where the state outlives the
  // process, and what it was; empty: nowhere.
  Engine(std::size_t workers, std::uint64_t seed, boost::asio::io_context& control, Log log,
         control::Store::Opened kept = {});
  ~Engine() { stop(); }

  // Every request gets its line there. Before start(). Errors: one sentence.
  Result<bool, std::string> log_to(const telemetry::AccessLogSpec& spec);
  // Spans go to that collector. Before start().
  void trace_to(const telemetry::TracingSpec& spec);
  // The log's file was moved away.
  void reopen_log();

  // Starts the workers. Nothing listens yet.
  void start();

  // What the admin API shows as the configuration, and how it has it read anew; before open().
  // `reload` is called on the control thread.
  void show_configuration(admin::ShownConfiguration shown);
  void reload_by(std::function<void(control::Actor, admin::ReloadDone)> reload) {
    reload_ = std::move(reload);
  }

  // How the admin API ends the process; before open(). Called on the control thread.
  void drain_by(std::function<void(control::Actor)> drain) { drain_ = std::move(drain); }

  // Listens for traffic, on all or none, then on the admin address if there is one.
  // Errors: one sentence.
  Result<bool, std::string> open(const std::vector<proxy::ListenerSpec>& listeners,
                                 const admin::AdminSpec& admin);

  // Listeners of another configuration, in two steps. Errors: which of them, and why, a sentence;
  // nothing has changed then. `done` runs on some worker when all serve them.
  using Relisting = proxy::DataPlane::Relisting;
  Result<Relisting, proxy::DataPlane::Unlistenable> prepare(
      const std::vector<proxy::ListenerSpec>& listeners) const {
    return data_plane_.prepare(listeners);
  }
  void relist(Relisting change, std::function<void()> done);
  // The certificates of `configuration` are served from now on: for the metrics.
  void show_certificates(const config::Configuration& configuration) { tls_->serve(configuration); }

  // `on_drained` runs on some worker when the last client has gone.
  void begin_drain(std::function<void()> on_drained);
  // Ends what is left. Idempotent.
  void stop();

  control::Control& control() noexcept { return control_; }
  const control::Control& control() const noexcept { return control_; }
  control::Events& events() noexcept { return events_; }
  const control::Guards& guards() const noexcept { return guards_; }
  control::Rollouts& rollouts() noexcept { return rollout_loop_.rollouts(); }
  // The rollouts that may be started; and, the first time, those that go on.
  void configure_rollouts(std::vector<rollout::RolloutSpec> specs);
  control::Experiments& experiments() noexcept { return experiments_; }
  void steer(const control::RolloutRequest& request, const control::Rollouts::Reply& reply);
  const health::Monitor& health() const noexcept { return health_; }
  const proxy::DataPlane& data_plane() const noexcept { return data_plane_; }
  telemetry::LifecycleMetrics& lifecycle() noexcept { return lifecycle_; }
  // The one that may write, made for this run; empty when a file says who may.
  const std::string& admin_token() const noexcept { return admin_token_; }
  // Empty when there is no admin listener.
  std::string admin_url() const { return admin_ ? admin_->url() : std::string(); }

 private:
  control::Control::Sinks control_sinks(const Log& log);
  void publish(std::shared_ptr<const routing::Snapshot> snapshot, control::Control::Published done);
  void await_return(control::WallTime earliest);
  Result<admin::Doorkeeper, std::string> doorkeeper(const admin::AdminSpec& admin);
  admin::ControlRoom control_room();
  control::Guards::Sinks guard_sinks(const Log& log);
  void revert_by_hand(control::Request request, const std::string& route,
                      control::Control::Reply reply);
  void sample_traffic();

  boost::asio::io_context& io_;
  boost::asio::system_timer return_timer_;
  boost::asio::steady_timer sample_timer_;
  Readiness readiness_;
  telemetry::Catalogue catalogue_;
  telemetry::LifecycleMetrics lifecycle_;
  std::shared_ptr<telemetry::AccessLog> log_;      // null: off; before the workers, who write to it
  std::shared_ptr<telemetry::TraceQueue> traces_;  // likewise
  proxy::DataPlane data_plane_;
  telemetry::RecentTraffic recent_;
  std::shared_ptr<control::WeightMetrics> weights_;
  control::Events events_;
  std::unique_ptr<control::Store> store_;  // may be null
  control::Control control_;
  control::Guards guards_;
  GuardLoop guard_loop_;
  RolloutLoop rollout_loop_;
  control::Experiments experiments_{[this](const std::string& route) {
    const auto view = control_.view();
    if (view == nullptr) return control::Weights();
    const auto entry = view->state.weights.find(route);
    return entry == view->state.weights.end() ? control::Weights() : entry->second.weights;
  }};
  bool restored_ = false;
  health::Monitor health_;
  std::shared_ptr<telemetry::TrafficMetrics> traffic_;
  std::shared_ptr<TlsMetrics> tls_ = std::make_shared<TlsMetrics>();
  telemetry::Exposition exposition_;
  std::unique_ptr<notify::SpanExporter> exporter_;  // null: off
  Log log_line_;
  std::function<void(control::Actor, admin::ReloadDone)> reload_;
  std::function<void(control::Actor)> drain_;
  std::mutex shown_mutex_;
  admin::ShownConfiguration shown_;
  std::string admin_token_;
  std::unique_ptr<admin::Server> admin_;
  std::optional<control::Events::Watch> follows_;  // ends before the server that it wakes
};

}  // namespace sluice::app
