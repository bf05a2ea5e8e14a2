#include "rollout/rollout_state.hpp"

#include <algorithm>
#include <array>

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

constexpr std::array<std::string_view, 6> kHookLabels{
    "pre_rollout", "confirm_traffic_increase", "confirm_promotion", "rollback", "post_rollout",
    "event"};

}  // namespace

std::string_view label(Phase phase) noexcept {
  return kPhaseLabels[static_cast<std::size_t>(phase)];
}
std::string_view label(Hold hold) noexcept {
  return kHoldLabels[static_cast<std::size_t>(hold)];
}
std::string_view label(HookKind kind) noexcept {
  return kHookLabels[static_cast<std::size_t>(kind)];
}
std::optional<Phase> parse_phase(std::string_view text) {
  return parse_label<Phase>(kPhaseLabels, text);
}
std::optional<Hold> parse_hold(std::string_view text) {
  return parse_label<Hold>(kHoldLabels, text);
}

}  // namespace sluice::rollout
