#include "app/guard_loop.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace sluice::app {

GuardLoop::GuardLoop(boost::asio::io_context& io, proxy::DataPlane& data_plane,
                     control::Guards& guards)
    : io_(io), data_plane_(data_plane), guards_(guards), timer_(io) {}

void GuardLoop::wake() {
  if (beating_ || stopped_ || !guards_.is_watching()) return;
  beating_ = true;
  next_ = std::chrono::steady_clock::now();
  beat();
}

void GuardLoop::stop() {
  stopped_ = true;
  timer_.cancel();
}

void GuardLoop::beat() {
  data_plane_.collect(guards_.limits(), [this, alive = std::weak_ptr(alive_)](auto reports) {
    boost::asio::post(io_, [this, alive, reports = std::move(reports)] {
      if (alive.expired() || stopped_) return;
      guards_.tick(reports);
      schedule();
    });
  });
}

void GuardLoop::schedule() {
  if (!guards_.is_watching()) {
    beating_ = false;
    return;
  }
  next_ = std::max(next_ + kTick, std::chrono::steady_clock::now());
  timer_.expires_at(next_);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && !alive.expired() && !stopped_) beat();
  });
}

}  // namespace sluice::app
