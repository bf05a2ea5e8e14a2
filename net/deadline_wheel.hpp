#pragma once
// Deadlines of one worker: coarse (one tick = 64 ms), cheap to move. Moving a deadline later or
// clearing it is one store; the wheel finds out when the old slot comes round.
//
// Thread: its worker's only.   Path: hot (set, clear), cold (advance).
// Units:  Tick = 64 ms since the wheel was made; a deadline fires up to one tick late, never early.
// Source: hashed wheel: Varghese & Lauck, SOSP 1987; lazy re-arming as in Linux's and Envoy's
// timers.
#include <array>
#include <chrono>
#include <cstdint>

namespace sluice::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class DeadlineWheel;

// One pending deadline. Embed it, derive from it, implement on_deadline().
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 protected:
  virtual ~Deadline() { unlink(); }
  virtual void on_deadline() = 0;

 private:
  friend class DeadlineWheel;
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  void unlink() noexcept {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

  Deadline* prev_ = nullptr;
  Deadline* next_ = nullptr;
  std::uint64_t expires_ = kNever;  // tick that the owner asked for
  std::uint64_t linked_at_ = 0;     // tick of the slot that it hangs in, if linked
};

class DeadlineWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{64};

  explicit DeadlineWheel(SteadyTime start);
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;
  ~DeadlineWheel();

  void set(Deadline& deadline, SteadyTime when) noexcept;
  static void clear(Deadline& deadline) noexcept { deadline.expires_ = Deadline::kNever; }
  static bool is_set(const Deadline& deadline) noexcept {
    return deadline.expires_ != Deadline::kNever;
  }

  // Fires everything due at `now`. A deadline may set, clear or destroy any other while it fires.
  void advance(SteadyTime now);

 private:
  struct Head final : Deadline {
    Head() noexcept { prev_ = next_ = this; }
    ~Head() override { prev_ = next_ = nullptr; }
    void on_deadline() override {}
    using Deadline::next_;
    using Deadline::prev_;
  };
  static constexpr std::size_t kSlots = 1024;  // 65 s a round

  void link(Deadline& deadline, std::uint64_t tick) noexcept;
  void run_slot(std::uint64_t tick);

  SteadyTime start_;
  std::uint64_t now_ = 0;  // last tick that was run
  std::array<Head, kSlots> slots_;
};

}  // namespace sluice::net
