#include "app/engine.hpp"

#include <boost/asio/post.hpp>

#include "admin/handlers/healthz.hpp"
#include "admin/handlers/metrics.hpp"
#include "admin/handlers/readyz.hpp"
#include "admin/handlers/upstreams.hpp"
#include "control/census.hpp"
#include "health/state_metrics.hpp"
#include "proxy/failure.hpp"
#include "proxy/message.hpp"
#include "routing/decide.hpp"
#include "telemetry/access_log_metrics.hpp"
#include "telemetry/process.hpp"

namespace sluice::app {
namespace {

constexpr std::chrono::seconds kReturnAgain{1};

telemetry::IndexLabels index_labels() {
  telemetry::IndexLabels labels;
  for (std::size_t i = 0; i < proxy::kMethodCount; ++i)
    labels.methods.push_back(proxy::to_string(static_cast<proxy::Method>(i)));
  for (std::size_t i = 0; i < telemetry::kReasons; ++i)
    labels.reasons.push_back(routing::label(static_cast<routing::Reason>(i)));
  for (const proxy::Treatment& treatment : proxy::kTreatments)
    labels.failures.push_back(treatment.label);
  labels.retries.assign(proxy::kRetryReasonLabels.begin(), proxy::kRetryReasonLabels.end());
  return labels;
}

telemetry::ListenerGauge gauge_of(const std::shared_ptr<proxy::Listener>& listener) {
  net::Admission& admission = listener->address->admission();
  return {listener->spec.name, [listener, &admission] { return admission.connections(); },
          [listener, &admission] {
            std::vector<std::pair<std::string_view, std::uint64_t>> refused;
            for (std::size_t i = 0; i < net::kRefusalCount; ++i) {
              const auto why = static_cast<net::Refusal>(i);
              refused.emplace_back(net::label(why), admission.refused(why));
            }
            return refused;
          }};
}

}  // namespace

Engine::Engine(std::size_t workers, std::uint64_t seed, boost::asio::io_context& control, Log log,
               control::Store::Opened kept)
    : io_(control),
      return_timer_(control),
      lifecycle_(SLUICE_VERSION),
      data_plane_(workers, seed),
      store_(std::move(kept.store)),
      control_(control_sinks(log), std::move(kept.state)),
      health_(control, seed, data_plane_.shards(),
              {.fitness = [this](const auto& fitness) { control_.judged(fitness); },
               .log = std::move(log)}),
      traffic_(std::make_shared<telemetry::TrafficMetrics>(data_plane_.shards(), catalogue_,
                                                           index_labels())) {
  exposition_.add(lifecycle_.registry());
  exposition_.add(traffic_);
  exposition_.add(health_.metrics().registry());
  exposition_.add(std::make_shared<health::StateMetrics>([this] { return health_.statuses(); }));
  exposition_.add(std::make_shared<telemetry::ProcessMetrics>());
}

control::Control::Sinks Engine::control_sinks(const Log& log) {
  control::Control::Sinks sinks{.publish = [this](auto snapshot, auto served) {
    publish(std::move(snapshot), std::move(served));
  }};
  sinks.log = log;
  if (store_ == nullptr) return sinks;
  sinks.keep = [this](control::Record record, std::uint64_t lineage, control::Control::Kept kept) {
    store_->keep(std::move(record), lineage, [this, kept = std::move(kept)](auto failure) {
      boost::asio::post(io_, [kept, failure = std::move(failure)] { kept(failure); });
    });
  };
  return sinks;
}

Result<bool, std::string> Engine::log_to(const telemetry::AccessLogSpec& spec) {
  auto opened = telemetry::AccessLog::open(spec, data_plane_.workers());
  if (!opened) return Failure{std::move(opened).error()};
  log_ = std::move(opened).value();
  if (log_ == nullptr) return true;
  data_plane_.log_to(*log_);
  exposition_.add(std::make_shared<telemetry::AccessLogMetrics>(log_));
  return true;
}

void Engine::reopen_log() {
  if (log_ != nullptr) log_->reopen();
}

void Engine::publish(std::shared_ptr<const routing::Snapshot> snapshot,
                     control::Control::Published done) {
  // Before a worker counts in a slot the scrape must know its name.
  catalogue_.add(control::census_of(*snapshot));
  readiness_.serves(snapshot);
  data_plane_.publish(snapshot, std::move(done));
  health_.adopt(std::move(snapshot));
  await_return(control::wall_now());
}

// One that could not be kept is due again after a while.
void Engine::await_return(control::WallTime earliest) {
  const auto due = control_.next_return();
  if (!due) {
    return_timer_.cancel();
    return;
  }
  return_timer_.expires_at(std::max(*due, earliest));
  return_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    control_.return_what_is_due();
    await_return(control::wall_now() + kReturnAgain);
  });
}

Result<bool, std::string> Engine::open(const std::vector<proxy::ListenerSpec>& listeners,
                                       const admin::AdminSpec& admin) {
  const auto opened = data_plane_.open(listeners);
  if (!opened) return Failure{opened.error()};
  for (const auto& listener : *opened) traffic_->add_listener(gauge_of(listener));
  readiness_.listens();
  if (admin.listen.empty()) return true;
  auto server = admin::Server::start(admin, admin_router());
  if (!server) return Failure{std::move(server).error()};
  admin_ = std::move(server).value();
  return true;
}

admin::Router Engine::admin_router() {
  admin::Router router;
  const auto get = admin::http::verb::get;
  router.add(get, "/healthz", admin::make_healthz());
  router.add(get, "/readyz", admin::make_readyz([this] { return readiness_.obstacles(); }));
  router.add(get, "/metrics", admin::make_metrics(exposition_));
  router.add(get, "/api/v1/upstreams",
             admin::make_upstreams([this] { return health_.statuses(); }));
  return router;
}

void Engine::begin_drain(std::function<void()> on_drained) {
  readiness_.drains();
  data_plane_.begin_drain(std::move(on_drained));
}

void Engine::stop() {
  health_.stop();
  return_timer_.cancel();
  data_plane_.stop();
  admin_.reset();
  store_.reset();
  if (log_ != nullptr) log_->stop();
}

}  // namespace sluice::app
