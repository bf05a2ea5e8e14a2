#include "control/rollouts.hpp"

#include <algorithm>
#include <utility>

#include "rollout/canary_share.hpp"

namespace sluice::control {
namespace {

using rollout::Phase;
using rollout::RolloutActions;
using rollout::RolloutState;

const Actor& ourselves() {
  static const Actor actor{"rollout", "", ""};
  return actor;
}

Refusal not_now(const std::string& route, const RolloutState& state) {
  std::string what = std::string(label(state.phase));
  if (state.hold != rollout::Hold::none) what += " (" + std::string(label(state.hold)) + ")";
  return {RefusalKind::conflict, "the rollout of route '" + route + "' is " + what, {}};
}

Refusal no_rollout(const std::string& route) {
  return {RefusalKind::not_found, "route '" + route + "' has no rollout", {}};
}

std::string_view name_of(RolloutCommand command) {
  static constexpr std::string_view kNames[] = {"start", "pause", "resume", "promote",
                                                "abort", "undo",  "approve"};
  return kNames[static_cast<std::size_t>(command)];
}

}  // namespace

void Rollouts::configure(std::vector<rollout::RolloutSpec> specs) {
  specs_ = std::move(specs);
  std::erase_if(rollouts_, [this](const auto& one) {
    const Weights weights = sinks_.weights(one.first);
    const rollout::RolloutSpec& spec = one.second.fsm.state().spec;
    return !routing::find_weight(weights, spec.stable) ||
           !routing::find_weight(weights, spec.canary);
  });
  for (auto& [route, rollout] : rollouts_) adopt(route, rollout);
}

bool Rollouts::adopt(const std::string& route, Rollout& rollout) {
  const auto known = std::ranges::find(specs_, route, &rollout::RolloutSpec::route);
  if (known == specs_.end()) return false;
  if (!rollout.fsm.is_running()) return true;
  carry_out(route, rollout.fsm.listen_to(known->hooks, known->external, sinks_.now()), ourselves(),
            "the file names others to ask");
  return true;
}

void Rollouts::restore(const std::map<std::string, RolloutState>& kept) {
  for (const auto& [route, state] : kept) {
    Rollout& rollout =
        rollouts_.emplace(route, Rollout{rollout::RolloutFsm(state), state}).first->second;
    rollout.run = ++wishes_;
    const bool known = adopt(route, rollout);
    keep(route, rollout, ourselves(), "the proxy was restarted");
    // Without the file nobody knows whom it has to ask.
    if (!rollout.fsm.is_running() || !state.spec.resumes || !known) continue;
    if (const auto actions = rollout.fsm.resume(sinks_.now()))
      carry_out(route, *actions, ourselves(), "resume: auto");
  }
}

bool Rollouts::is_running() const noexcept {
  return std::ranges::any_of(rollouts_,
                             [](const auto& one) { return one.second.fsm.is_running(); });
}

std::optional<RolloutStatus> Rollouts::status(const std::string& route) const {
  const auto found = rollouts_.find(route);
  if (found == rollouts_.end()) return std::nullopt;
  const rollout::RolloutFsm& fsm = found->second.fsm;
  return RolloutStatus{fsm.state(), fsm.left(sinks_.now()), fsm.metrics()};
}

// ---- wishes ------------------------------------------------------------------------------------

void Rollouts::request(const RolloutRequest& request, const Reply& reply) {
  const auto found = rollouts_.find(request.route);
  auto actions = request.command == RolloutCommand::start ? start(request)
                 : found == rollouts_.end()
                     ? Result<RolloutActions, Refusal>(Failure{no_rollout(request.route)})
                     : command(found->second, request);
  if (!actions) return reply(Failure{std::move(actions).error()});
  const std::string reason =
      std::string(name_of(request.command)) + (request.reason.empty() ? "" : ": " + request.reason);
  carry_out(request.route, *actions, request.actor, reason);
  reply(*status(request.route));
}

Result<RolloutActions, Refusal> Rollouts::start(const RolloutRequest& request) {
  const auto running = rollouts_.find(request.route);
  if (running != rollouts_.end() && running->second.fsm.is_running())
    return Failure{not_now(request.route, running->second.fsm.state())};
  const auto known = std::ranges::find(specs_, request.route, &rollout::RolloutSpec::route);
  if (known == specs_.end()) return Failure{no_rollout(request.route)};
  rollout::RolloutSpec spec = *known;
  // An earlier one has swapped the roles, and the file has said nothing else since.
  if (sinks_.baseline(request.route) == spec.canary) std::swap(spec.stable, spec.canary);
  const Weights weights = sinks_.weights(request.route);
  for (const std::string& upstream : {spec.stable, spec.canary})
    if (!routing::find_weight(weights, upstream))
      return Failure{
          Refusal{RefusalKind::conflict,
                  "'" + upstream + "' is not in the split of route '" + request.route + "'",
                  {}}};
  rollouts_.erase(request.route);
  Rollout& rollout =
      rollouts_.emplace(request.route, Rollout{rollout::RolloutFsm(std::move(spec)), {}})
          .first->second;
  rollout.run = ++wishes_;
  return rollout.fsm.begin(sinks_.now());
}

Result<RolloutActions, Refusal> Rollouts::command(Rollout& rollout, const RolloutRequest& request) {
  rollout::RolloutFsm& fsm = rollout.fsm;
  const SteadyTime now = sinks_.now();
  std::optional<RolloutActions> actions;
  switch (request.command) {
    case RolloutCommand::pause:
      if (fsm.pause(now)) actions.emplace();
      break;
    case RolloutCommand::resume:
      actions = fsm.resume(now);
      break;
    case RolloutCommand::promote:
      actions = fsm.promote(request.full, now);
      break;
    case RolloutCommand::abort:
      actions = fsm.abort(request.reason.empty() ? "aborted by hand" : request.reason, now);
      break;
    case RolloutCommand::undo:
      actions = fsm.undo(now);
      break;
    case RolloutCommand::approve:
      actions = fsm.approve(now);
      break;
    case RolloutCommand::start:
      break;
  }
  if (!actions) return Failure{not_now(request.route, fsm.state())};
  return *std::move(actions);
}

// ---- what happens ------------------------------------------------------------------------------

void Rollouts::tick() {
  const SteadyTime now = sinks_.now();
  for (auto& [route, rollout] : rollouts_) {
    if (!rollout.fsm.is_running()) continue;
    if (std::exchange(rollout.others_changed, false)) {
      rollout.fsm.weights_changed_by_others(now);
      keep(route, rollout, ourselves(), "somebody else set the weights");
    }
    const RolloutState& state = rollout.fsm.state();
    carry_out(route, rollout.fsm.tick(sinks_.safety(route, state.spec.canary), now), ourselves(),
              "its time, or its evidence");
  }
}

void Rollouts::breached(const BreachRecord& breach) {
  const auto found = rollouts_.find(breach.route);
  if (found == rollouts_.end() || found->second.fsm.state().spec.canary != breach.upstream) return;
  if (breach.action == "alert") return;
  found->second.others_changed = false;
  found->second.fsm.breached(breach.sentence, breach.action == "revert", sinks_.now());
  keep(breach.route, found->second, {"guard", "", ""}, breach.sentence);
}

// Acted upon at the next tick: this is called from within the change.
void Rollouts::weights_changed(const std::string& route, WeightSource source) {
  const auto found = rollouts_.find(route);
  if (found != rollouts_.end() && source != WeightSource::rollout)
    found->second.others_changed = true;
}

// ---- doing -------------------------------------------------------------------------------------

void Rollouts::carry_out(const std::string& route, const RolloutActions& actions,
                         const Actor& actor, const std::string& reason) {
  Rollout& rollout = rollouts_.at(route);
  for (const rollout::RolloutAction& action : actions) {
    if (const auto* const wanted = std::get_if<rollout::SetShare>(&action)) {
      if (wanted->back)
        go_back(route, rollout, actor, reason);
      else
        ask_for(route, rollout, wanted->share, actor, reason);
    } else if (const auto* const question = std::get_if<rollout::CallWebhook>(&action)) {
      question->ends ? ask_to_end(route, rollout, *question) : call(route, rollout, *question);
    } else {
      const auto at = std::get<rollout::AskMetric>(action).metric;
      measure(route, rollout, rollout.fsm.metrics()[at].spec());
    }
  }
  keep(route, rollout, actor, reason);
}

Advance Rollouts::advance(const std::string& route, Rollout& rollout) {
  const RolloutState& state = rollout.fsm.state();
  const bool ends = !rollout.fsm.is_running() && rollout.kept.phase != state.phase;
  rollout.kept = state;
  if (sinks_.changed) sinks_.changed(route, state);
  tell(route, rollout, rollout::HookKind::event);
  if (ends) tell(route, rollout, rollout::HookKind::post_rollout);
  const std::string& baseline = state.swapped ? state.spec.canary : state.spec.stable;
  return {.route = route, .rollout = state, .weights = {}, .baseline = baseline};
}

void Rollouts::ask_for(const std::string& route, Rollout& rollout, double share, const Actor& actor,
                       const std::string& reason) {
  const rollout::RolloutSpec& spec = rollout.fsm.state().spec;
  Advance change = advance(route, rollout);
  change.weights = rollout::with_share(sinks_.weights(route), spec.stable, spec.canary, share);
  Request request{.change = std::move(change), .actor = actor, .reason = reason};
  const std::uint64_t wish = rollout.wish = ++wishes_;
  sinks_.request(std::move(request), [this, route, wish](const auto& done) {
    const auto found = rollouts_.find(route);
    if (found == rollouts_.end() || found->second.wish != wish) return;
    rollout::RolloutFsm& fsm = found->second.fsm;
    RolloutActions next;
    if (done)
      next = fsm.served(sinks_.now());
    else
      fsm.refused(done.error().detail, sinks_.now());
    carry_out(route, next, ourselves(), "the weight is served everywhere");
  });
}

// Before anything is kept.
void Rollouts::go_back(const std::string& route, Rollout& rollout, const Actor& actor,
                       const std::string& reason) {
  rollout.wish = ++wishes_;  // whatever was asked for before does not matter any more
  const rollout::RolloutSpec& spec = rollout.fsm.state().spec;
  const Weights weights = rollout::with_share(sinks_.weights(route), spec.stable, spec.canary, 0);
  sinks_.revert({.route = route, .weights = weights, .disowned = {spec.canary}}, actor, reason);
}

// ---- asking others -----------------------------------------------------------------------------

Rollouts::Confirmed Rollouts::counted(const std::string& route, const std::string& type,
                                      Confirmed then) {
  return [this, route, type, then = std::move(then)](bool confirmed, bool answered,
                                                     const std::string& detail) {
    counts_.count_hook({route, type, confirmed ? "confirmed" : answered ? "refused" : "error"});
    if (then) then(confirmed, answered, detail);
  };
}

void Rollouts::call(const std::string& route, Rollout& rollout, const rollout::CallWebhook& call) {
  const std::uint64_t number = rollout.call = ++wishes_;
  const auto ended = [this, route, number](bool confirmed, bool answered,
                                           const std::string& detail) {
    const auto found = rollouts_.find(route);
    // The answer to an earlier question confirms nothing.
    if (found == rollouts_.end() || found->second.call != number) return;
    found->second.call = 0;
    carry_out(route, found->second.fsm.webhook_ended(confirmed, answered, detail, sinks_.now()),
              ourselves(), "the webhook said " + detail);
  };
  sinks_.webhook(call, rollout.fsm.state(), counted(route, call.type, ended));
}

void Rollouts::ask_to_end(const std::string& route, Rollout& rollout,
                          const rollout::CallWebhook& call) {
  const auto ended = [this, route, run = rollout.run](bool confirmed, bool, const std::string&) {
    const auto found = rollouts_.find(route);
    if (found == rollouts_.end() || found->second.run != run) return;
    carry_out(route, found->second.fsm.rollback_answered(confirmed, sinks_.now()), ourselves(),
              "a rollback hook asked for it");
  };
  sinks_.webhook(call, rollout.fsm.state(), counted(route, call.type, ended));
}

void Rollouts::measure(const std::string& route, Rollout& rollout,
                       const rollout::MetricSpec& metric) {
  sinks_.measure(metric, [this, route, metric, run = rollout.run](const auto& measurement) {
    counts_.count_measurement(
        {route, metric.name, std::string(label(rollout::judge(metric, measurement)))});
    const auto found = rollouts_.find(route);
    if (found == rollouts_.end() || found->second.run != run) return;
    rollout::RolloutFsm& fsm = found->second.fsm;
    const auto at = std::ranges::find(fsm.metrics(), metric, &rollout::MetricWatch::spec);
    if (at == fsm.metrics().end()) return;  // the file wants something else by now
    const auto index = static_cast<std::size_t>(at - fsm.metrics().begin());
    carry_out(route, fsm.measured(index, measurement, sinks_.now()), ourselves(),
              "the metric " + metric.name);
  });
}

void Rollouts::tell(const std::string& route, const Rollout& rollout, rollout::HookKind kind) {
  const std::string type(label(kind));
  for (const rollout::HookSpec& hook : rollout.fsm.state().spec.hooks)
    if (hook.kind == kind)
      sinks_.webhook({.url = hook.url, .type = type, .timeout = hook.timeout}, rollout.fsm.state(),
                     counted(route, type, {}));
}

void Rollouts::keep(const std::string& route, Rollout& rollout, const Actor& actor,
                    const std::string& reason) {
  if (rollout.fsm.state() == rollout.kept) return;
  Request request{.change = advance(route, rollout), .actor = actor, .reason = reason};
  sinks_.request(std::move(request), [](const auto&) {});
}

}  // namespace sluice::control
