#include "net/deadline_wheel.hpp"

#include <algorithm>

namespace sluice::net {

DeadlineWheel::DeadlineWheel(SteadyTime start) : start_(start) {}

DeadlineWheel::~DeadlineWheel() {
  for (Head& head : slots_)
    while (head.next_ != &head) head.next_->unlink();
}

void DeadlineWheel::link(Deadline& deadline, std::uint64_t tick) noexcept {
  // Later than one round: hang it in the last slot of this round and look again then.
  const std::uint64_t slot = std::min(tick, now_ + kSlots - 1);
  Head& head = slots_[slot % kSlots];
  deadline.linked_at_ = slot;
  deadline.prev_ = head.prev_;
  deadline.next_ = &head;
  head.prev_->next_ = &deadline;
  head.prev_ = &deadline;
}

void DeadlineWheel::set(Deadline& deadline, SteadyTime when) noexcept {
  const auto from_start = std::max(when - start_, SteadyTime::duration::zero());
  const auto ticks = static_cast<std::uint64_t>(from_start / kTick) + 1;  // never early
  deadline.expires_ = std::max(ticks, now_ + 1);
  if (deadline.next_ != nullptr) {
    if (deadline.linked_at_ <= deadline.expires_) return;  // found when that slot comes round
    deadline.unlink();
  }
  link(deadline, deadline.expires_);
}

void DeadlineWheel::run_slot(std::uint64_t tick) {
  Head& head = slots_[tick % kSlots];
  // Take the whole slot first: what fires may link into it again.
  Head due;
  if (head.next_ == &head) return;
  due.next_ = head.next_;
  due.prev_ = head.prev_;
  due.next_->prev_ = due.prev_->next_ = &due;
  head.next_ = head.prev_ = &head;
  while (due.next_ != &due) {
    Deadline& deadline = *due.next_;
    deadline.unlink();
    if (deadline.expires_ == Deadline::kNever) continue;
    if (deadline.expires_ > tick) {
      link(deadline, deadline.expires_);
      continue;
    }
    deadline.expires_ = Deadline::kNever;
    deadline.on_deadline();
  }
}

void DeadlineWheel::advance(SteadyTime now) {
  const auto target = static_cast<std::uint64_t>((now - start_) / kTick);
  while (now_ < target) run_slot(++now_);
}

}  // namespace sluice::net
