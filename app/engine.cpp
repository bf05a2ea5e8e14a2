#include "app/engine.hpp"

#include <boost/asio/post.hpp>

#include "admin/api.hpp"
#include "control/census.hpp"
#include "control/guard_metrics.hpp"
#include "control/rollout_metrics.hpp"
#include "health/state_metrics.hpp"
#include "proxy/failure.hpp"
#include "proxy/message.hpp"
#include "routing/decide.hpp"
#include "telemetry/access_log_metrics.hpp"
#include "telemetry/process.hpp"
#include "telemetry/trace_metrics.hpp"

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
      sample_timer_(control),
      lifecycle_(SLUICE_VERSION),
      data_plane_(workers, seed),
      recent_(data_plane_.shards(), catalogue_),
      weights_(std::make_shared<control::WeightMetrics>([this] { return control_.view(); })),
      store_(std::move(kept.store)),
      control_(control_sinks(log), std::move(kept.state)),
      guards_(data_plane_.shards(), guard_sinks(log)),
      guard_loop_(control, data_plane_, guards_),
      rollout_loop_(control, control_, guards_, events_),
      health_(control, seed, data_plane_.shards(),
              {.fitness = [this](const auto& fitness) { control_.judged(fitness); },
               .log = log,
               .turned =
                   [this](const auto& endpoint, auto state, const auto& what) {
                     events_.append({.kind = control::EventKind::endpoint,
                                     .subject = endpoint.upstream + " " + endpoint.address,
                                     .fields = {{"state", std::string(state)}, {"detail", what}}});
                   }}),
      traffic_(std::make_shared<telemetry::TrafficMetrics>(data_plane_.shards(), catalogue_,
                                                           index_labels())),
      log_line_(std::move(log)) {
  exposition_.add(lifecycle_.registry());
  exposition_.add(traffic_);
  exposition_.add(tls_);
  exposition_.add(weights_);
  exposition_.add(std::make_shared<control::GuardMetrics>(guards_));
  exposition_.add(std::make_shared<control::RolloutMetrics>([this] { return control_.view(); },
                                                            rollouts().counts()));
  exposition_.add(health_.metrics().registry());
  exposition_.add(std::make_shared<health::StateMetrics>([this] { return health_.statuses(); }));
  exposition_.add(std::make_shared<telemetry::ProcessMetrics>());
}

control::Control::Sinks Engine::control_sinks(const Log& log) {
  control::Control::Sinks sinks{.publish = [this](auto snapshot, auto served) {
    publish(std::move(snapshot), std::move(served));
  }};
  sinks.log = log;
  sinks.changed = [this](const auto& route, auto source) {
    weights_->changed(route, source);
    rollout_loop_.rollouts().weights_changed(route, source);
  };
  sinks.event = [this](control::Event event) { events_.append(std::move(event)); };
  if (store_ == nullptr) return sinks;
  sinks.keep = [this](control::Record record, std::uint64_t lineage, control::Control::Kept kept) {
    store_->keep(std::move(record), lineage, [this, kept = std::move(kept)](auto failure) {
      boost::asio::post(io_, [kept, failure = std::move(failure)] { kept(failure); });
    });
  };
  return sinks;
}

void Engine::start() {
  data_plane_.start();
  sample_traffic();
}

void Engine::sample_traffic() {
  recent_.sample(std::chrono::steady_clock::now());
  sample_timer_.expires_after(telemetry::RecentTraffic::kEach);
  sample_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) sample_traffic();
  });
}

control::Guards::Sinks Engine::guard_sinks(const Log& log) {
  control::Guards::Sinks sinks{.revert = [this](control::Revert revert, const std::string& reason) {
    return control_.revert(std::move(revert), {"guard", "", ""}, reason);
  }};
  sinks.log = log;
  sinks.breached = [this](const control::BreachRecord& record) {
    events_.append({.kind = control::EventKind::reversion,
                    .subject = record.route,
                    .fields = {{"upstream", record.upstream},
                               {"action", record.action},
                               {"metric", record.metric},
                               {"before", record.before},
                               {"after", record.after},
                               {"evidence", record.sentence},
                               {"harmed", std::to_string(record.harmed)},
                               {"took_ms", std::to_string(record.took.count())}}});
    rollout_loop_.rollouts().breached(record);
  };
  return sinks;
}

void Engine::configure_rollouts(std::vector<rollout::RolloutSpec> specs) {
  rollouts().configure(std::move(specs));
  if (!std::exchange(restored_, true)) rollouts().restore(control_.view()->state.rollouts);
  rollout_loop_.wake();
}

void Engine::steer(const control::RolloutRequest& request, const control::Rollouts::Reply& reply) {
  rollouts().request(request, reply);
  rollout_loop_.wake();
}

// On the control thread: what is known to be good is known there.
void Engine::revert_by_hand(control::Request request, const std::string& route,
                            control::Control::Reply reply) {
  const auto view = control_.view();
  const auto entry = view->state.weights.find(route);
  const auto weights = guards_.known_good(route);
  if (entry != view->state.weights.end() && !weights)
    return reply(Failure{control::Refusal{
        control::RefusalKind::conflict, "no other weights are known to be good", {}}});
  control::Revert revert{
      .route = route, .weights = weights.value_or(control::Weights()), .disowned = {}};
  if (weights) {
    for (const auto& [upstream, weight] : entry->second.weights)
      if (weight > 0 && rollout::weight_of(*weights, upstream) == 0)
        revert.disowned.push_back(upstream);
  }
  const auto disowned = revert.disowned;
  const bool dry_run = request.dry_run;
  request.change = std::move(revert);
  control_.request(std::move(request), [this, route, disowned, dry_run,
                                        reply = std::move(reply)](const auto& done) {
    if (done && !dry_run)
      boost::asio::post(io_, [this, route, disowned] { guards_.disown(route, disowned); });
    reply(done);
  });
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

void Engine::trace_to(const telemetry::TracingSpec& spec) {
  traces_ = std::make_shared<telemetry::TraceQueue>();
  data_plane_.trace_to(*traces_, spec.sample);
  exposition_.add(std::make_shared<telemetry::TraceMetrics>(traces_));
  exporter_ = std::make_unique<notify::SpanExporter>(spec, traces_, [this](const auto& line) {
    boost::asio::post(io_, [this, line] { log_line_(line); });
  });
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
  guards_.adopt(*snapshot, control_.view()->state);
  guard_loop_.wake();
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
  for (const auto& listener : *opened) {
    traffic_->add_listener(gauge_of(listener));
    tls_->add_listener(listener);
  }
  readiness_.listens();
  if (admin.listen.empty()) return true;
  auto keeper = doorkeeper(admin);
  if (!keeper) return Failure{std::move(keeper).error()};
  admin::Desk desk{.router = admin::make_router(control_room(), SLUICE_VERSION),
                   .doorkeeper = std::move(keeper).value()};
  desk.on_refusal = [this](control::AuditRow row) {
    boost::asio::post(
        io_, [this, row = std::move(row)]() mutable { control_.note(std::move(row), {}); });
  };
  auto server = admin::Server::start(admin, std::move(desk));
  if (!server) return Failure{std::move(server).error()};
  admin_ = std::move(server).value();
  follows_.emplace(events_, [this] { admin_->wake_streams(); });
  return true;
}

Result<admin::Doorkeeper, std::string> Engine::doorkeeper(const admin::AdminSpec& admin) {
  if (!admin.tokens_file.empty()) {
    // Its own lines are said on the admin server's thread.
    admin::TokenFile file(admin.tokens_file, [this](const std::string& line) {
      boost::asio::post(io_, [this, line] { log_line_("admin: " + line); });
    });
    if (auto failure = file.read()) return Failure{"admin: " + *failure};
    return admin::Doorkeeper(std::move(file));
  }
  admin_token_ = admin::new_token();
  admin::Tokens tokens;
  tokens.add({"start", admin::Role::admin}, admin::digest_of(admin_token_));
  return admin::Doorkeeper(std::move(tokens));
}

void Engine::show_configuration(admin::ShownConfiguration shown) {
  const std::lock_guard lock(shown_mutex_);
  shown_ = std::move(shown);
}

admin::ControlRoom Engine::control_room() {
  admin::ControlRoom room{
      .view = [this] { return control_.view(); },
      .request =
          [this](control::Request request, control::Control::Reply reply) {
            boost::asio::post(
                io_, [this, request = std::move(request), reply = std::move(reply)]() mutable {
                  control_.request(std::move(request), std::move(reply));
                });
          },
      .revert =
          [this](control::Request request, std::string route, control::Control::Reply reply) {
            boost::asio::post(io_, [this, request = std::move(request), route = std::move(route),
                                    reply = std::move(reply)]() mutable {
              revert_by_hand(std::move(request), route, std::move(reply));
            });
          },
      .guard =
          [this](std::string route, auto done) {
            boost::asio::post(io_, [this, route = std::move(route), done = std::move(done)] {
              done(guards_.status(route));
            });
          },
      .rollout =
          [this](std::string route, auto done) {
            boost::asio::post(io_, [this, route = std::move(route), done = std::move(done)] {
              done(rollouts().status(route));
            });
          },
      .steer =
          [this](control::RolloutRequest request, control::Rollouts::Reply reply) {
            boost::asio::post(io_, [this, request = std::move(request), reply = std::move(reply)] {
              steer(request, reply);
            });
          },
      .breaches = [this] { return guards_.breaches(); },
      .audit =
          [this](control::AuditQuery query, control::Store::AuditDone done) {
            if (store_ == nullptr) return done(std::vector<control::AuditRow>());
            store_->read_audit(std::move(query), std::move(done));
          },
      .statuses = [this] { return health_.statuses(); },
      .obstacles = [this] { return readiness_.obstacles(); },
      .metrics = [this] { return exposition_.text(); },
      .rates = [this] { return recent_.rates(std::chrono::steady_clock::now()); },
      .events = &events_,
      .experiments = &experiments_,
      .note =
          [this](control::AuditRow row) {
            boost::asio::post(
                io_, [this, row = std::move(row)]() mutable { control_.note(std::move(row), {}); });
          },
      .configuration =
          [this] {
            const std::lock_guard lock(shown_mutex_);
            return shown_;
          },
      .reload = {},
      .drain = {}};
  if (reload_)
    room.reload = [this](control::Actor actor, admin::ReloadDone done) {
      boost::asio::post(
          io_, [this, actor = std::move(actor), done = std::move(done)] { reload_(actor, done); });
    };
  if (drain_)
    room.drain = [this](control::Actor actor) {
      boost::asio::post(io_, [this, actor = std::move(actor)] { drain_(actor); });
    };
  return room;
}

void Engine::relist(Relisting change, std::function<void()> done) {
  for (const auto& listener : change.opened) {
    traffic_->add_listener(gauge_of(listener));
    tls_->add_listener(listener);
  }
  for (const auto& [from, to] : change.replaced) tls_->add_listener(to);
  data_plane_.relist(std::move(change), std::move(done));
}

void Engine::begin_drain(std::function<void()> on_drained) {
  readiness_.drains();
  if (admin_ != nullptr) admin_->end_streams();
  data_plane_.begin_drain(std::move(on_drained));
}

void Engine::stop() {
  health_.stop();
  guard_loop_.stop();
  rollout_loop_.stop();
  return_timer_.cancel();
  sample_timer_.cancel();
  data_plane_.stop();
  follows_.reset();
  if (admin_ != nullptr) admin_->stop();  // no handler runs; what the store still owes is dropped
  store_.reset();
  admin_.reset();
  exporter_.reset();
  if (log_ != nullptr) log_->stop();
}

}  // namespace sluice::app
