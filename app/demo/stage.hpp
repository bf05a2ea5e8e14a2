#pragma once
// Everything that a demo plays with: three backends, the real proxy before them, the load.
//
// Thread: made, opened and closed by one (it is the control thread of the proxy); the backends and
//         the load run on a thread of its own.
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/demo/backend.hpp"
#include "app/demo/load.hpp"
#include "app/demo/plan.hpp"
#include "app/demo/story.hpp"
#include "app/demo/tally.hpp"
#include "app/engine.hpp"
#include "base/result.hpp"

namespace sluice::app::demo {

class Stage {
 public:
  explicit Stage(const Plan& plan);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Starts it all, the load last. `on_done` runs on the stage's thread (see Load).
  // Errors: one sentence.
  Result<bool, std::string> open(std::function<void()> on_done);
  // Ends load, backends and proxy. Idempotent; after it the tally stands still.
  void close();

  // ---- of a story; from any thread ----
  Scene scene() const;
  void perform(const Cue& cue);

  const Tally& tally() const noexcept { return tally_; }
  std::string proxy_url() const;
  std::string admin_url() const { return engine_.admin_url(); }

 private:
  routing::RoutingSpec routing() const;
  rollout::RolloutSpec rollout() const;
  void publish();
  void shift(double canary_share);
  Result<bool, std::string> listen();
  Result<bool, std::string> listen_on(std::uint16_t port);

  Plan plan_;
  Tally tally_;
  boost::asio::io_context io_{1};
  std::vector<std::unique_ptr<Backend>> backends_;
  std::unique_ptr<Load> load_;
  Engine engine_;
  std::thread thread_;
};

}  // namespace sluice::app::demo
