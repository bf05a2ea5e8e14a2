#include "rollout/rollout_fsm.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::rollout {
namespace {

constexpr std::array<std::string_view, 5> kPhaseLabels{"progressing", "paused", "baking",
                                                       "succeeded", "aborted"};
constexpr std::array<std::string_view, 8> kHoldLabels{
    "none", "step", "manual", "gate", "webhook", "inconclusive", "no_data", "restart"};

template <class E, std::size_t n>
std::optional<E> parse_label(const std::array<std::string_view, n>& labels, std::string_view text) {
  const auto found = std::ranges::find(labels, text);
  if (found == labels.end()) return std::nullopt;
  return static_cast<E>(found - labels.begin());
}

constexpr milliseconds kWebhookTimeout{10'000};
constexpr milliseconds kWebhookAgain{10'000};
constexpr unsigned kWebhookErrorsMax = 4;  // in a row; as Argo's consecutiveErrorLimit

// Something beside the rollout's own step holds it, and somebody has to say that it goes on.
constexpr bool is_blocked(Hold hold) noexcept {
  return hold != Hold::none && hold != Hold::step && hold != Hold::gate;
}

}  // namespace

std::string_view label(Phase phase) noexcept {
  return kPhaseLabels[static_cast<std::size_t>(phase)];
}
std::string_view label(Hold hold) noexcept {
  return kHoldLabels[static_cast<std::size_t>(hold)];
}
std::optional<Phase> parse_phase(std::string_view text) {
  return parse_label<Phase>(kPhaseLabels, text);
}
std::optional<Hold> parse_hold(std::string_view text) {
  return parse_label<Hold>(kHoldLabels, text);
}

RolloutFsm::RolloutFsm(RolloutState kept) : state_(std::move(kept)) {
  if (!is_running()) return;
  state_.phase = Phase::paused;
  state_.hold = Hold::restart;
  state_.reason = "the proxy was restarted";
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

RolloutActions RolloutFsm::enter(SteadyTime now) {
  spent_ = milliseconds(0);
  since_.reset();
  any_data_ = false;
  webhook_errors_ = 0;
  webhook_again_.reset();
  state_.phase = Phase::progressing;
  state_.hold = Hold::none;
  state_.reason.clear();
  const StepSpec* const present = step();
  if (present == nullptr) return finish(now);
  switch (present->kind) {
    case StepKind::set_weight:
      return set_share(present->share);
    case StepKind::bake:
      return set_share(1 - present->share);
    case StepKind::webhook:
      return call_webhook();
    case StepKind::pause:
    case StepKind::gate:
      break;
  }
  return served(now);
}

// What the present step waits for begins now.
RolloutActions RolloutFsm::served(SteadyTime now) {
  awaits_served_ = false;
  if (!is_running() || is_blocked(state_.hold)) return {};
  const StepSpec* const present = step();
  if (present == nullptr) return end(Phase::succeeded, "");
  switch (present->kind) {
    case StepKind::set_weight:
      return advance(now);
    case StepKind::webhook:
      return call_webhook();
    case StepKind::bake:
      state_.phase = Phase::baking;
      break;
    case StepKind::pause:
      state_.phase = Phase::paused;
      state_.hold = Hold::step;
      state_.reason = present->until_safe ? "until the evidence says that it is safe"
                      : present->time     ? "for a time"
                                          : "until somebody promotes it";
      break;
    case StepKind::gate:
      state_.phase = Phase::paused;
      state_.hold = Hold::gate;
      state_.reason = "until somebody approves " + present->name;
      break;
  }
  run_timer(now);
  return {};
}

RolloutActions RolloutFsm::advance(SteadyTime now) {
  ++state_.step;
  return enter(now);
}

RolloutActions RolloutFsm::finish(SteadyTime now) {
  state_.step = static_cast<std::uint32_t>(state_.spec.steps.size());
  state_.phase = Phase::progressing;
  state_.hold = Hold::none;
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
  return {};
}

RolloutActions RolloutFsm::call_webhook() {
  webhook_again_.reset();
  const StepSpec& present = *step();
  return {CallWebhook{present.url, present.name, present.time.value_or(kWebhookTimeout)}};
}

RolloutActions RolloutFsm::tick(const Safety& safety, SteadyTime now) {
  if (!is_running() || is_blocked(state_.hold) || awaits_served_ || step() == nullptr) return {};
  any_data_ = any_data_ || safety.any_data;
  if (safety.holds) {
    hold(Hold::inconclusive, "the requests are not split as the weights say", now);
    return {};
  }
  return tick_step(*step(), safety, now);
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
      return over ? finish(now) : RolloutActions{};
    case StepKind::webhook:
      return webhook_again_ && now >= *webhook_again_ ? call_webhook() : RolloutActions{};
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
  if (!is_running() || is_blocked(state_.hold) || step() == nullptr ||
      step()->kind != StepKind::webhook)
    return {};
  if (confirmed) return advance(now);
  webhook_errors_ = answered ? 0 : webhook_errors_ + 1;
  if (webhook_errors_ >= kWebhookErrorsMax) {
    hold(Hold::webhook, "the webhook cannot be asked: " + detail, now);
    return {};
  }
  webhook_again_ = now + kWebhookAgain;
  state_.reason = "the webhook does not confirm: " + detail;
  return {};
}

// ---- what holds it -----------------------------------------------------------------------------

void RolloutFsm::hold(Hold hold, std::string reason, SteadyTime now) {
  stop_timer(now);
  state_.phase = Phase::paused;
  state_.hold = hold;
  state_.reason = std::move(reason);
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
  state_.phase = Phase::progressing;
  state_.hold = Hold::none;
  state_.reason.clear();
  return set_share(state_.share);
}

std::optional<RolloutActions> RolloutFsm::promote(bool full, SteadyTime now) {
  if (!is_running()) return std::nullopt;
  if (full || state_.phase == Phase::baking) return finish(now);
  if (awaits_served_ && !is_blocked(state_.hold)) return std::nullopt;
  return advance(now);
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
