#include "app/rollout_loop.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "app/prometheus.hpp"
#include "base/json_text.hpp"
#include "control/rollout_text.hpp"

namespace sluice::app {
namespace {

constexpr std::chrono::seconds kQueryTimeout{10};

std::string hook_body(const rollout::CallWebhook& call, const rollout::RolloutState& state) {
  return "{\"type\":" + json_string(call.type) + ",\"route\":" + json_string(state.spec.route) +
         ",\"stable\":" + json_string(state.spec.stable) +
         ",\"canary\":" + json_string(state.spec.canary) +
         ",\"phase\":" + json_string(label(state.phase)) +
         ",\"hold\":" + json_string(label(state.hold)) +
         ",\"reason\":" + json_string(state.reason) +
         ",\"step\":" + std::to_string(state.step + 1) + ",\"share\":" + json_number(state.share) +
         "}\n";
}

control::Event event_of(const std::string& route, const rollout::RolloutState& state) {
  control::Event event{.kind = control::EventKind::rollout,
                       .subject = route,
                       .fields = {{"phase", std::string(label(state.phase))}}};
  if (state.hold != rollout::Hold::none)
    event.fields.emplace_back("hold", std::string(label(state.hold)));
  if (!state.reason.empty()) event.fields.emplace_back("reason", state.reason);
  if (state.step < state.spec.steps.size())
    event.fields.emplace_back("step", std::to_string(state.step + 1) + " of " +
                                          std::to_string(state.spec.steps.size()) + ": " +
                                          control::in_words(state.spec.steps[state.step]));
  return event;
}

}  // namespace

RolloutLoop::RolloutLoop(boost::asio::io_context& io, control::Control& control,
                         control::Guards& guards, control::Events& events)
    : io_(io),
      control_(control),
      guards_(guards),
      events_(events),
      timer_(io),
      rollouts_(sinks()) {}

control::Rollouts::Sinks RolloutLoop::sinks() {
  control::Rollouts::Sinks sinks;
  // Replies come on workers, or at once: rollouts want them here, and later.
  sinks.request = [this](control::Request request, control::Control::Reply reply) {
    control_.request(std::move(request),
                     [this, alive = std::weak_ptr(alive_), reply = std::move(reply)](auto done) {
                       boost::asio::post(io_, [alive, reply, done = std::move(done)] {
                         if (!alive.expired()) reply(done);
                       });
                     });
  };
  sinks.revert = [this](control::Revert revert, const control::Actor& actor,
                        const std::string& reason) {
    const std::string route = revert.route;
    const auto disowned = revert.disowned;
    const bool done = control_.revert(std::move(revert), actor, reason);
    guards_.disown(route, disowned);
    return done;
  };
  sinks.weights = [this](const std::string& route) {
    const auto view = control_.view();
    const auto entry = view->state.weights.find(route);
    return entry == view->state.weights.end() ? control::Weights() : entry->second.weights;
  };
  sinks.baseline = [this](const std::string& route) {
    const auto view = control_.view();
    const auto found = view->state.baselines.find(route);
    return found == view->state.baselines.end() ? std::string() : found->second;
  };
  sinks.safety = [this](const std::string& route, const std::string& upstream) {
    return guards_.safety(route, upstream);
  };
  sinks.webhook = [this](const rollout::CallWebhook& call, const rollout::RolloutState& state,
                         control::Rollouts::Confirmed done) {
    caller_.ask(call.url, hook_body(call, state), call.timeout,
                [this, alive = std::weak_ptr(alive_), done = std::move(done)](const auto& answer) {
                  boost::asio::post(io_, [alive, done, answer] {
                    const bool answered = answer.status != 0;
                    if (!alive.expired())
                      done(answer.status / 100 == 2, answered,
                           answered ? std::to_string(answer.status) : answer.why);
                  });
                });
  };
  sinks.measure = [this](const rollout::MetricSpec& metric, control::Rollouts::Measured done) {
    caller_.read(query_url(metric.prometheus, metric.query), kQueryTimeout,
                 [this, alive = std::weak_ptr(alive_), done = std::move(done)](const auto& answer) {
                   auto measurement = answer.status == 0
                                          ? rollout::Measurement{.error = answer.why}
                                          : read_prometheus_answer(answer.status, answer.body);
                   boost::asio::post(io_, [alive, done, measurement = std::move(measurement)] {
                     if (!alive.expired()) done(measurement);
                   });
                 });
  };
  sinks.changed = [this](const std::string& route, const rollout::RolloutState& state) {
    events_.append(event_of(route, state));
  };
  return sinks;
}

void RolloutLoop::wake() {
  if (beating_ || stopped_ || !rollouts_.is_running()) return;
  beating_ = true;
  beat();
}

void RolloutLoop::stop() {
  stopped_ = true;
  timer_.cancel();
}

void RolloutLoop::beat() {
  timer_.expires_after(kTick);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || alive.expired() || stopped_) return;
    rollouts_.tick();
    if (rollouts_.is_running()) return beat();
    beating_ = false;
  });
}

}  // namespace sluice::app
