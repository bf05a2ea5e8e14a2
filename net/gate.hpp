#pragma once
// Counts the coroutines that run on one worker. Shutdown closes the gate and is told when the last
// one has left, so nothing runs detached.
//
// Thread:    its worker's only.
// Invariant: `on_empty` is called exactly once, after close(), when nobody is inside.
#include <cstddef>
#include <functional>
#include <utility>

#include "net/task.hpp"

namespace sluice::net {

class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Starts `task` and keeps it until it ends. Refused (false) once closed: the task never starts.
  bool enter(Task<void> task) {
    if (on_empty_) return false;
    ++inside_;
    run(this, std::move(task));
    return true;
  }

  void close(std::function<void()> on_empty) {
    on_empty_ = std::move(on_empty);
    if (inside_ == 0) on_empty_();
  }

  std::size_t inside() const noexcept { return inside_; }

 private:
  // The one coroutine that nobody awaits: its frame frees itself, the gate knows that it exists.
  struct Root {
    struct promise_type {
      static void* operator new(std::size_t size) { return take_block(size); }
      static void operator delete(void* frame, std::size_t size) noexcept {
        return_block(frame, size);
      }
      Root get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
  };

  static Root run(Gate* gate, Task<void> task) {
    co_await task;
    gate->leave();
  }

  void leave() {
    if (--inside_ == 0 && on_empty_) on_empty_();
  }

  std::size_t inside_ = 0;
  std::function<void()> on_empty_;
};

}  // namespace sluice::net
