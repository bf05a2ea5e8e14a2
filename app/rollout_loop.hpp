#pragma once
// The rollouts' heartbeat, and the doors between them, the control, the guards and the hooks.
//
// Thread: the control thread's. Path: cold.
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/control.hpp"
#include "control/events.hpp"
#include "control/guards.hpp"
#include "control/rollouts.hpp"
#include "notify/caller.hpp"

namespace sluice::app {

class RolloutLoop {
 public:
  static constexpr std::chrono::milliseconds kTick{100};

  // All outlive this.
  RolloutLoop(boost::asio::io_context& io, control::Control& control, control::Guards& guards,
              control::Events& events);

  control::Rollouts& rollouts() noexcept { return rollouts_; }
  // Something may have begun.
  void wake();
  void stop();

 private:
  control::Rollouts::Sinks sinks();
  void beat();

  boost::asio::io_context& io_;
  control::Control& control_;
  control::Guards& guards_;
  control::Events& events_;
  boost::asio::steady_timer timer_;
  bool beating_ = false;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  control::Rollouts rollouts_;
  notify::Caller caller_;  // its questions end before the rest does
};

}  // namespace sluice::app
