#pragma once
// One core's loop: an io_context(1) for everything cold (posts, timers) and one edge-triggered
// epoll set for the hot sockets. The set's descriptor is itself a single Asio descriptor: when it
// turns readable the set is drained and each waiting coroutine is resumed.
//
// Thread:    run() is the worker's thread; post() and stop() may be called from any; all else only
//            on the worker.
// Invariant: an EventSource that is removed during a round gets no more events of that round.
// Source:    performance.md: this shape costs 0.77-0.80 of nginx, an own loop without Asio
// 0.74-0.78.
#include <array>
#include <bitset>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/buffer_pool.hpp"
#include "net/deadline_wheel.hpp"
#include "net/gate.hpp"
#include "net/stream.hpp"

struct epoll_event;

namespace sluice::net {

enum class WorkerId : std::uint32_t {};

class Worker {
 public:
  using Executor = boost::asio::io_context::executor_type;

  explicit Worker(WorkerId id);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // Runs until stop() and until nothing is left to do.
  void run();
  void stop();

  // Runs `function` on the worker, then whatever coroutines it has made ready.
  template <class Function>
  void post(Function function) {
    boost::asio::post(io_, [this, function = std::move(function)]() mutable {
      begin_turn();
      function();
      end_turn();
    });
  }

  WorkerId id() const noexcept { return id_; }
  boost::asio::io_context& io() noexcept { return io_; }
  Gate& gate() noexcept { return gate_; }
  BufferPool& buffers() noexcept { return buffers_; }
  DeadlineWheel& deadlines() noexcept { return deadlines_; }

  // Read once a round, not once a call.
  SteadyTime now() const noexcept { return now_; }

  // ---- for EventSources ----
  // Errors: false when the kernel refuses (descriptor or memory limit).
  bool watch(int descriptor, std::uint32_t events, EventSource* source) noexcept;
  bool rewatch(int descriptor, std::uint32_t events, EventSource* source) noexcept;
  // No more events of this turn for `source`. To be called before its descriptor is closed; closing
  // takes it out of the set.
  void unwatch(EventSource* source) noexcept;
  // Takes a descriptor out of the set that stays open.
  void forget(int descriptor) noexcept;

  // The kernel has told of something on `source` that it will hear of later in this round.
  bool has_news_of(const EventSource* source) const noexcept;
  std::uint64_t rounds() const noexcept { return rounds_; }

  // ---- for Stream ----
  void schedule(std::coroutine_handle<> handle) { ready_.push_back(handle); }
  // Runs `handle` after the events of this round: a coroutine that never waits must let others in.
  void yield(std::coroutine_handle<> handle) { yielded_.push_back(handle); }

  struct YieldAwaiter {
    Worker& worker;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const { worker.yield(handle); }
    void await_resume() const noexcept {}
  };
  YieldAwaiter let_others_run() noexcept { return {*this}; }

 private:
  friend class Stream;
  friend struct TlsTransport;
  static constexpr int kEventsMax = 256;
  static constexpr int kRoundsMax = 8;  // then Asio's own work gets its turn
  static constexpr std::size_t kScratchSize = Stream::kInputMax;

  void arm();
  void tick();
  void drain();
  int round();
  void prefetch_after(int current, std::span<const epoll_event> events) noexcept;
  void begin_turn() noexcept;
  void end_turn();
  void run_ready();
  void run_yielded();

  WorkerId id_;
  boost::asio::io_context io_{1};
  SteadyTime now_;
  DeadlineWheel deadlines_;
  BufferPool buffers_;
  Gate gate_;
  boost::asio::posix::basic_stream_descriptor<Executor> hot_set_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      tick_timer_;
  std::unique_ptr<char[]> scratch_;
  Stream* scratch_owner_ = nullptr;  // has unconsumed bytes in scratch_
  // Of the TLS call that runs: plaintext that is to become one record, ciphertext to be sent.
  std::vector<char> unsealed_;
  std::vector<char> sealed_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> yielded_;
  std::vector<std::coroutine_handle<>> running_;  // yielded_ of the round before
  std::vector<EventSource*> removed_;             // during the current turn
  const epoll_event* coming_ = nullptr;           // of the current round, not handled yet
  std::size_t coming_count_ = 0;
  // Of the sources of the current round. The list itself is long (at 512 connections) and asked
  // for each request.
  std::bitset<4096> told_;
  std::uint64_t rounds_ = 0;
  bool in_turn_ = false;
  bool yield_posted_ = false;
  bool stopping_ = false;
};

}  // namespace sluice::net
