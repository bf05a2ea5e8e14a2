#include "control/events.hpp"

#include <algorithm>

namespace sluice::control {

std::string_view label(EventKind kind) {
  return kEventKindLabels[static_cast<std::size_t>(kind)];
}

std::optional<EventKind> parse_event_kind(std::string_view text) {
  const auto found = std::ranges::find(kEventKindLabels, text);
  if (found == kEventKindLabels.end()) return std::nullopt;
  return static_cast<EventKind>(found - kEventKindLabels.begin());
}

Events::Events(std::function<WallTime()> now)
    : now_(std::move(now)),
      dropped_(static_cast<std::uint64_t>(now_().time_since_epoch().count())) {}

void Events::append(Event event) {
  event.at = now_();
  const std::lock_guard lock(mutex_);
  event.id = dropped_ + held_.size() + 1;
  held_.push_back(std::move(event));
  if (held_.size() > kHeld) {
    held_.pop_front();
    ++dropped_;
  }
  for (const Watch* const watch : watches_) watch->wake_();
}

Events::Reading Events::after(std::uint64_t id, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  Reading reading;
  const std::uint64_t newest = dropped_ + held_.size();
  reading.gap = id < dropped_ || id > newest;
  const std::size_t first = reading.gap ? 0 : id - dropped_;
  const std::size_t last = std::min(held_.size(), first + limit);
  const auto begin = held_.begin();
  reading.events.assign(begin + static_cast<std::ptrdiff_t>(first),
                        begin + static_cast<std::ptrdiff_t>(last));
  return reading;
}

std::uint64_t Events::newest() const {
  const std::lock_guard lock(mutex_);
  return dropped_ + held_.size();
}

Events::Watch::Watch(Events& events, std::function<void()> wake)
    : events_(events), wake_(std::move(wake)) {
  const std::lock_guard lock(events_.mutex_);
  events_.watches_.insert(this);
}

Events::Watch::~Watch() {
  const std::lock_guard lock(events_.mutex_);
  events_.watches_.erase(this);
}

}  // namespace sluice::control
