#include "app/demo/story.hpp"

#include <cmath>

namespace sluice::app::demo {
namespace {

using std::chrono::seconds;

constexpr seconds kLook{5};       // so long people see how things are
constexpr seconds kMend{3};       // and how they are well again
constexpr seconds kPatience{15};  // for what must happen
constexpr double kShare = 0.1;
constexpr Behaviour kFailing{.errors = 0.2};
constexpr Behaviour kSlow{.late = milliseconds(40)};

std::string percent(double share) {
  return std::to_string(std::lround(share * 100)) + " %";
}

}  // namespace

void Story::turn(Act act) noexcept {
  act_ = act;
  since_ = now_;
}

Cue Story::step(milliseconds elapsed, const Scene& scene) {
  now_ = elapsed;
  switch (act_) {
    case Act::opening:
      return open();
    case Act::well:
      if (!lasted(kLook)) return {};
      turn(Act::failing);
      return {.lines = {"canary begins to fail 20 % of its requests"}, .canary = kFailing};
    case Act::failing:
      return await_reversion(scene, false);
    case Act::reverted:
      if (!lasted(kLook)) return {};
      turn(Act::mended);
      return {.lines = {"canary is mended and gets " + percent(kShare) + " again"},
              .canary = Behaviour{},
              .canary_share = kShare};
    case Act::mended:
      if (!lasted(kMend)) return {};
      turn(Act::slow);
      return {.lines = {"canary answers 40 ms late"}, .canary = kSlow};
    case Act::slow:
      return await_reversion(scene, true);
    case Act::caught:
      if (!lasted(kMend)) return {};
      turn(Act::rollout);
      share_ = scene.canary_share;
      return {.lines = {"canary is mended; a rollout takes it from 0 to 100 %"},
              .canary = Behaviour{},
              .start_rollout = true};
    case Act::rollout:
      return follow_rollout(scene);
    case Act::over:
      break;
  }
  return {};
}

Cue Story::open() {
  turn(Act::well);
  return {.lines = {percent(1 - kShare) + " of the requests go to blue, " + percent(kShare) +
                    " to canary; both are well"}};
}

Cue Story::await_reversion(const Scene& scene, bool by_latency) {
  if (scene.reversions == reversions_)
    return lasted(kPatience) ? give_up("nobody took the weight of the canary") : Cue{};
  reversions_ = scene.reversions;
  const bool right = (scene.metric != "errors") == by_latency && scene.canary_share == 0;
  if (!right) return give_up("the weight was taken for another reason: " + scene.evidence);
  turn(by_latency ? Act::caught : Act::reverted);
  return {.lines = {"canary has lost its weight, " + std::to_string(scene.took.count()) +
                        " ms and " + std::to_string(scene.harmed) +
                        " requests after the first bad one",
                    "because " + scene.evidence}};
}

Cue Story::follow_rollout(const Scene& scene) {
  if (scene.rollout == "aborted" || scene.reversions != reversions_)
    return give_up("the rollout of a good version was aborted: " + scene.evidence);
  if (lasted(kPatience)) return give_up("the rollout does not come to its end");
  Cue cue;
  if (scene.canary_share > share_) {
    share_ = scene.canary_share;
    cue.lines.push_back("rollout: canary has " + percent(share_));
  }
  if (scene.rollout != "succeeded" || scene.canary_share < 1) return cue;
  turn(Act::over);
  cue.lines.push_back("the rollout has succeeded: canary is the stable version now");
  cue.end = true;
  return cue;
}

Cue Story::give_up(const std::string& why) {
  turn(Act::over);
  return {.lines = {why}, .end = false};
}

}  // namespace sluice::app::demo
