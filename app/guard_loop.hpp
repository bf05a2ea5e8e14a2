#pragma once
// The guards' heartbeat: ten times a second, while an upstream is watched, asks the workers what
// they have seen and tells the guards.
//
// Thread: the control thread's. Path: cold.
// Shape:  one round at a time; a worker that is late makes the round late, not lost.
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/guards.hpp"
#include "proxy/data_plane.hpp"

namespace sluice::app {

class GuardLoop {
 public:
  static constexpr std::chrono::milliseconds kTick{100};

  // All outlive this.
  GuardLoop(boost::asio::io_context& io, proxy::DataPlane& data_plane, control::Guards& guards);

  // After a publication: beats if there is somebody to watch.
  void wake();
  void stop();

 private:
  void beat();
  void schedule();

  boost::asio::io_context& io_;
  proxy::DataPlane& data_plane_;
  control::Guards& guards_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point next_;
  bool beating_ = false;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::app
