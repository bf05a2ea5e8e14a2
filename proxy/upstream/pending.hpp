#pragma once
// A request that waits for a place at an endpoint, as a coroutine waits: until it is admitted, its
// time is over, or somebody gives it up.
//
// Thread:    its worker's only.   Path: cold.
// Invariant: it is resumed exactly once, afterwards, by whichever came first. Who has been admitted
//            holds a place, also when he is given up before he runs: he has to put it back.
#include <coroutine>
#include <cstdint>

#include "net/deadline_wheel.hpp"
#include "net/worker.hpp"
#include "proxy/upstream/quota.hpp"

namespace sluice::proxy::upstream {

enum class WaitEnd : std::uint8_t { admitted, queue_full, timed_out, given_up };

class PendingRequest final : public Waiter, private net::Deadline {
 public:
  PendingRequest(net::Worker& worker, Quota& quota, net::SteadyTime until) noexcept
      : worker_(worker), quota_(quota), until_(until) {}

  // ---- co_await ----
  bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> request) noexcept;
  WaitEnd await_resume() const noexcept { return end_; }

  void admitted() noexcept { finish(WaitEnd::admitted); }  // Shape: Quota::admit() gave it
  void give_up() noexcept { leave(WaitEnd::given_up); }    // safe at any time

 private:
  void on_deadline() override { leave(WaitEnd::timed_out); }
  void leave(WaitEnd why) noexcept;
  void finish(WaitEnd why) noexcept;

  net::Worker& worker_;
  Quota& quota_;
  net::SteadyTime until_;
  std::coroutine_handle<> request_;
  WaitEnd end_ = WaitEnd::queue_full;
};

}  // namespace sluice::proxy::upstream
