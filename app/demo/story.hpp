#pragma once
// What happens in the usual demo: a canary that fails and one that is slow lose their traffic, a
// good one gets all of it. Pure: what is seen comes in, what is to be said and done goes out.
//
// Thread: any, one at a time.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::app::demo {

using std::chrono::milliseconds;

// How a backend answers.
struct Behaviour {
  double errors = 0;  // share of answers with a 500
  milliseconds late{0};
  friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

// What the proxy shows at a moment.
struct Scene {
  double canary_share = 0;       // of the weights
  std::uint64_t reversions = 0;  // so far; what follows is of the newest
  std::string metric = {};       // "errors", "p90"
  milliseconds took{0};
  std::uint64_t harmed = 0;
  std::string evidence = {};
  std::string rollout = {};  // its phase; empty: there was none
};

struct Cue {
  std::vector<std::string> lines = {};
  std::optional<Behaviour> canary = {};
  std::optional<double> canary_share = {};
  bool start_rollout = false;
  std::optional<bool> end = {};  // whether all of it has happened
};

class Story {
 public:
  // `elapsed`: since it began; never less than before.
  Cue step(milliseconds elapsed, const Scene& scene);

 private:
  enum class Act : std::uint8_t {
    opening,
    well,
    failing,
    reverted,
    mended,
    slow,
    caught,
    rollout,
    over
  };

  Cue open();
  Cue await_reversion(const Scene& scene, bool by_latency);
  Cue follow_rollout(const Scene& scene);
  Cue give_up(const std::string& why);
  void turn(Act act) noexcept;
  bool lasted(milliseconds time) const noexcept { return now_ - since_ >= time; }

  Act act_ = Act::opening;
  milliseconds now_{0};
  milliseconds since_{0};
  std::uint64_t reversions_ = 0;
  double share_ = 0;
};

}  // namespace sluice::app::demo
