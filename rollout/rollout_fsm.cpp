#include "rollout/rollout_fsm.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice::rollout {
namespace {

constexpr milliseconds kWebhookTimeout{10'000};
constexpr milliseconds kWebhookAgain{10'000};
constexpr unsigned kWebhookErrorsMax = 4;  // in a row; as Argo's consecutiveErrorLimit

// Something beside the rollout's own step holds it, and somebody has to say that it goes on.
constexpr bool is_blocked(Hold hold) noexcept {
  return hold != Hold::none && hold != Hold::step && hold != Hold::gate;
}

}  // namespace

RolloutFsm::RolloutFsm(RolloutSpec spec) {
  state_.spec = std::move(spec);
  metrics_ = {state_.spec.external.begin(), state_.spec.external.end()};
}

RolloutFsm::RolloutFsm(RolloutState kept) : state_(std::move(kept)) {
  if (!is_running()) return;
  state_.phase = Phase::paused;
  state_.hold = Hold::restart;
  state_.reason = "the proxy was restarted";
}

RolloutActions RolloutFsm::listen_to(const std::vector<HookSpec>& hooks,
                                     const std::vector<MetricSpec>& external, SteadyTime now) {
  const bool asks_others = state_.spec.hooks != hooks;
  state_.spec.hooks = hooks;
  state_.spec.external = external;
  std::vector<MetricWatch> watches;
  for (const MetricSpec& spec : external) {
    const auto known = std::ranges::find(metrics_, spec, &MetricWatch::spec);
    watches.push_back(known == metrics_.end() ? MetricWatch(spec) : *known);
  }
  metrics_ = std::move(watches);
  // Who is being asked may be the wrong one: those who are right now begin anew.
  if (!asks_others || questions_.empty() || is_blocked(state_.hold)) return {};
  questions_ = questions();
  webhook_errors_ = 0;
  state_.reason.clear();
  return ask_or_perform(now);
}

const StepSpec* RolloutFsm::step() const noexcept {
  return state_.step < state_.spec.steps.size() ? &state_.spec.steps[state_.step] : nullptr;
}

// ---- time --------------------------------------------------------------------------------------

void RolloutFsm::run_timer(SteadyTime now) {
  if (!since_) since_ = now;
}

void RolloutFsm::stop_timer(SteadyTime now) {
  if (since_) spent_ += std::chrono::duration_cast<milliseconds>(now - *since_);
  since_.reset();
}

bool RolloutFsm::is_over(milliseconds limit, SteadyTime now) const noexcept {
  const auto running =
      since_ ? std::chrono::duration_cast<milliseconds>(now - *since_) : milliseconds(0);
  return spent_ + running >= limit;
}

std::optional<milliseconds> RolloutFsm::left(SteadyTime now) const noexcept {
  if (!since_ || step() == nullptr || !step()->time) return std::nullopt;
  const auto spent = spent_ + std::chrono::duration_cast<milliseconds>(now - *since_);
  return std::max(*step()->time - spent, milliseconds(0));
}

// ---- steps -------------------------------------------------------------------------------------

RolloutActions RolloutFsm::begin(SteadyTime now) {
  return enter(now);
}

RolloutActions RolloutFsm::set_share(double share) {
  state_.share = share;
  awaits_served_ = true;
  return {SetShare{share}};
}

// The canary's share when the present step is done; none: it moves none.
std::optional<double> RolloutFsm::target() const noexcept {
  const StepSpec* const present = step();
  if (present == nullptr) return 1;
  if (present->kind == StepKind::set_weight) return present->share;
  if (present->kind == StepKind::bake) return 1 - present->share;
  return std::nullopt;
}

RolloutActions RolloutFsm::enter(SteadyTime now) {
  spent_ = milliseconds(0);
  since_.reset();
  any_data_ = false;
  webhook_errors_ = 0;
  webhook_again_.reset();
  performed_ = false;
  go_on();
  questions_ = questions();
  return ask_or_perform(now);
}

// Who is to confirm the present step, in this order.
std::vector<CallWebhook> RolloutFsm::questions() const {
  std::vector<CallWebhook> questions;
  const auto ask = [&](HookKind kind) {
    for (const HookSpec& hook : state_.spec.hooks)
      if (hook.kind == kind)
        questions.push_back({hook.url, std::string(label(kind)), hook.timeout});
  };
  const StepSpec* const present = step();
  if (state_.step == 0) ask(HookKind::pre_rollout);
  if (target() && *target() > state_.share) ask(HookKind::confirm_traffic_increase);
  if (present == nullptr) ask(HookKind::confirm_promotion);
  if (present != nullptr && present->kind == StepKind::webhook)
    questions.push_back({present->url, present->name, present->time.value_or(kWebhookTimeout)});
  return questions;
}

RolloutActions RolloutFsm::ask_or_perform(SteadyTime now) {
  webhook_again_.reset();
  if (!questions_.empty()) return {questions_.front()};
  return perform(now);
}

RolloutActions RolloutFsm::perform(SteadyTime now) {
  performed_ = true;
  const StepSpec* const present = step();
  if (present == nullptr) return finish(now);
  if (present->kind == StepKind::webhook) return advance(now);
  if (const auto share = target()) return set_share(*share);
  return served(now);
}

// What the present step waits for begins now.
RolloutActions RolloutFsm::served(SteadyTime now) {
  awaits_served_ = false;
  if (!is_running() || is_blocked(state_.hold)) return {};
  // Resumed before it was confirmed, or in another process.
  if (!performed_ && (target() != state_.share || !questions().empty())) return enter(now);
  performed_ = true;
  const StepSpec* const present = step();
  if (present == nullptr) return end(Phase::succeeded, "");
  if (present->kind == StepKind::set_weight) return advance(now);
  await(*present, now);
  return {};
}

void RolloutFsm::await(const StepSpec& present, SteadyTime now) {
  state_.phase = present.kind == StepKind::bake ? Phase::baking : Phase::paused;
  if (present.kind == StepKind::pause) {
    state_.hold = Hold::step;
    state_.reason = present.until_safe ? "until the evidence says that it is safe"
                    : present.time     ? "for a time"
                                       : "until somebody promotes it";
  } else if (present.kind == StepKind::gate) {
    state_.hold = Hold::gate;
    state_.reason = "until somebody approves " + present.name;
  }
  run_timer(now);
}

RolloutActions RolloutFsm::advance(SteadyTime now) {
  ++state_.step;
  return enter(now);
}

RolloutActions RolloutFsm::finish(SteadyTime now) {
  state_.step = static_cast<std::uint32_t>(state_.spec.steps.size());
  go_on();
  performed_ = true;
  questions_.clear();
  stop_timer(now);
  return set_share(1);
}

RolloutActions RolloutFsm::end(Phase phase, std::string reason) {
  state_.phase = phase;
  state_.hold = Hold::none;
  state_.reason = std::move(reason);
  state_.swapped = phase == Phase::succeeded;
  since_.reset();
  awaits_served_ = false;
  questions_.clear();
  return {};
}

RolloutActions RolloutFsm::tick(const Safety& safety, SteadyTime now) {
  if (!is_running()) return {};
  RolloutActions actions = ask_around(now);
  std::ranges::move(tick_rollout(safety, now), std::back_inserter(actions));
  return actions;
}

// Who may end it is asked as long as the canary has traffic, also while something holds it.
RolloutActions RolloutFsm::ask_around(SteadyTime now) {
  RolloutActions actions;
  if (state_.share <= 0) return actions;
  for (std::size_t at = 0; at < metrics_.size(); ++at)
    if (metrics_[at].is_due(now)) actions.emplace_back(AskMetric{at});
  if (rollback_asked_ > 0 || (rollback_again_ && now < *rollback_again_)) return actions;
  rollback_again_ = now + kWebhookAgain;
  for (const HookSpec& hook : state_.spec.hooks) {
    if (hook.kind != HookKind::rollback) continue;
    ++rollback_asked_;
    actions.emplace_back(CallWebhook{hook.url, std::string(label(hook.kind)), hook.timeout, true});
  }
  return actions;
}

RolloutActions RolloutFsm::tick_rollout(const Safety& safety, SteadyTime now) {
  if (is_blocked(state_.hold) || awaits_served_) return {};
  any_data_ = any_data_ || safety.any_data;
  if (safety.holds) {
    hold(Hold::inconclusive, "the requests are not split as the weights say", now);
    return {};
  }
  if (!questions_.empty())
    return webhook_again_ && now >= *webhook_again_ ? ask_or_perform(now) : RolloutActions{};
  return step() == nullptr ? RolloutActions{} : tick_step(*step(), safety, now);
}

RolloutActions RolloutFsm::tick_step(const StepSpec& present, const Safety& safety,
                                     SteadyTime now) {
  const bool over = present.time && is_over(*present.time, now);
  switch (present.kind) {
    case StepKind::pause:
      if (present.until_safe && safety.safe) return advance(now);
      if (!over) return {};
      if (!present.until_safe) return advance(now);
      hold(any_data_ ? Hold::inconclusive : Hold::no_data,
           any_data_ ? "nothing was certain in that time" : "there was no traffic to judge by",
           now);
      return {};
    case StepKind::gate:
      return over ? end_of_gate(present, now) : RolloutActions{};
    case StepKind::bake:
      return over ? advance(now) : RolloutActions{};
    case StepKind::webhook:
    case StepKind::set_weight:
      break;
  }
  return {};
}

RolloutActions RolloutFsm::end_of_gate(const StepSpec& present, SteadyTime now) {
  if (present.on_timeout == GateTimeout::go_on) return advance(now);
  return *abort("nobody approved " + present.name + " in time", now);
}

// A hook that says no is asked again; one that cannot be asked is no verdict on the version.
RolloutActions RolloutFsm::webhook_ended(bool confirmed, bool answered, const std::string& detail,
                                         SteadyTime now) {
  if (!is_running() || is_blocked(state_.hold) || questions_.empty()) return {};
  if (confirmed) {
    questions_.erase(questions_.begin());
    webhook_errors_ = 0;
    state_.reason.clear();
    return ask_or_perform(now);
  }
  const std::string hook = "the webhook " + questions_.front().type;
  webhook_errors_ = answered ? 0 : webhook_errors_ + 1;
  if (webhook_errors_ >= kWebhookErrorsMax) {
    hold(Hold::webhook, hook + " cannot be asked: " + detail, now);
    return {};
  }
  webhook_again_ = now + kWebhookAgain;
  state_.reason = hook + " does not confirm: " + detail;
  return {};
}

RolloutActions RolloutFsm::rollback_answered(bool confirmed, SteadyTime now) {
  if (rollback_asked_ > 0) --rollback_asked_;
  if (!is_running() || !confirmed) return {};
  return *abort("a rollback hook asked for it", now);
}

// No data is no good news and no bad news: people decide. So is what cannot be asked, for the guard
// watches all the same (Argo Rollouts, without one, aborts then).
RolloutActions RolloutFsm::measured(std::size_t metric, const Measurement& measurement,
                                    SteadyTime now) {
  if (!is_running() || metric >= metrics_.size()) return {};
  const auto over = metrics_[metric].take(measurement);
  if (!over) return {};
  const std::string words = "the metric " + metrics_[metric].in_words();
  if (*over == Outcome::failure) return *abort(words, now);
  if (!is_blocked(state_.hold))
    hold(*over == Outcome::inconclusive ? Hold::inconclusive : Hold::no_data, words, now);
  return {};
}

// ---- what holds it -----------------------------------------------------------------------------

void RolloutFsm::hold(Hold hold, std::string reason, SteadyTime now) {
  stop_timer(now);
  state_.phase = Phase::paused;
  state_.hold = hold;
  state_.reason = std::move(reason);
}

void RolloutFsm::go_on() {
  state_.phase = Phase::progressing;
  state_.hold = Hold::none;
  state_.reason.clear();
}

void RolloutFsm::breached(const std::string& sentence, bool reverted, SteadyTime now) {
  if (!is_running()) return;
  if (!reverted) return hold(Hold::inconclusive, sentence, now);
  state_.share = 0;
  end(Phase::aborted, sentence);
}

void RolloutFsm::weights_changed_by_others(SteadyTime now) {
  if (is_running()) hold(Hold::manual, "somebody else set the weights", now);
}

void RolloutFsm::refused(const std::string& why, SteadyTime now) {
  awaits_served_ = false;
  if (is_running()) hold(Hold::inconclusive, why, now);
}

// ---- what people want --------------------------------------------------------------------------

std::optional<RolloutActions> RolloutFsm::abort(const std::string& reason, SteadyTime now) {
  if (state_.phase == Phase::succeeded) return std::nullopt;
  if (state_.phase == Phase::aborted) return RolloutActions{};
  stop_timer(now);
  end(Phase::aborted, reason);
  state_.share = 0;
  return RolloutActions{SetShare{.share = 0, .back = true}};
}

bool RolloutFsm::pause(SteadyTime now) {
  if (!is_running() || is_blocked(state_.hold)) return false;
  hold(Hold::manual, "paused by hand", now);
  return true;
}

// The weight is set anew: it may be another one now.
std::optional<RolloutActions> RolloutFsm::resume(SteadyTime) {
  if (!is_running() || !is_blocked(state_.hold)) return std::nullopt;
  go_on();
  questions_.clear();
  for (MetricWatch& metric : metrics_) metric.forgive();
  return set_share(state_.share);
}

std::optional<RolloutActions> RolloutFsm::promote(bool full, SteadyTime now) {
  if (!is_running()) return std::nullopt;
  if (full) return finish(now);
  if (awaits_served_ && !is_blocked(state_.hold)) return std::nullopt;
  if (questions_.empty()) return advance(now);
  // Somebody answers for those who have not confirmed.
  questions_.clear();
  go_on();
  return perform(now);
}

std::optional<RolloutActions> RolloutFsm::approve(SteadyTime now) {
  if (state_.hold != Hold::gate) return std::nullopt;
  return advance(now);
}

std::optional<RolloutActions> RolloutFsm::undo(SteadyTime now) {
  if (state_.phase != Phase::succeeded && state_.phase != Phase::baking) return std::nullopt;
  stop_timer(now);
  end(Phase::aborted, "undone");
  state_.share = 0;
  return RolloutActions{SetShare{.share = 0, .back = true}};
}

}  // namespace sluice::rollout
