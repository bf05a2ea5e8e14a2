#pragma once
// Task<T>: the data plane's coroutine. Lazy, runs on the thread that awaits it, hands control over
// by symmetric transfer, takes its frame from the worker's free lists or its object's room.
//
// Thread:    one; a task never moves between workers.
// Path:      hot.
// Errors:    values only; an exception that leaves a task ends the process.
// Invariant: a task that has been started is run to its end before its Task object dies.
#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "net/frame_room.hpp"

namespace sluice::net {

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  static void* operator new(std::size_t size) { return take_frame(size, nullptr); }
  // A member of an object that has room for the frames of its coroutines (frame_room.hpp).
  template <class Self, class... Arguments>
  requires requires(Self& self) { self.frame_room(); }
  static void* operator new(std::size_t size, Self& self, Arguments&&...) {
    return take_frame(size, &self.frame_room());
  }
  static void operator delete(void* frame, std::size_t size) noexcept { return_frame(frame, size); }

  struct ResumeContinuation {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().continuation;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  ResumeContinuation final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> result;
  std::coroutine_handle<Promise> get_return_object() noexcept {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  void return_value(T value) { result.emplace(std::move(value)); }
  T take() { return std::move(*result); }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> get_return_object() noexcept {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), started_(other.started_) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    assert(!handle_ || !started_ || handle_.done());
    if (handle_) handle_.destroy();
  }

  // Runs the task until it first suspends, beside the caller; `co_await` joins it later.
  void start() {
    started_ = true;
    handle_.resume();
  }
  bool done() const noexcept { return handle_.done(); }

  struct Awaiter {
    Task& task;
    bool await_ready() const noexcept { return task.started_ && task.handle_.done(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
      task.handle_.promise().continuation = caller;
      if (task.started_) return std::noop_coroutine();  // it will resume the caller at its end
      task.started_ = true;
      return task.handle_;
    }
    T await_resume() const { return task.handle_.promise().take(); }
  };
  Awaiter operator co_await() noexcept { return Awaiter{*this}; }

 private:
  Handle handle_;
  bool started_ = false;
};

}  // namespace sluice::net
