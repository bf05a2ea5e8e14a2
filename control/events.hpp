#pragma once
// The newest events, for whoever follows along: a bounded log in memory. What must not be lost is
// in the audit.
//
// Thread:    append() on the control thread; the rest from any. Path: cold.
// Invariant: ids grow, also across restarts (the first is the wall time in milliseconds), so that
//            who resumes after an id of an earlier process learns that something is missing.
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/state.hpp"

namespace sluice::control {

enum class EventKind : std::uint8_t { reversion, weights, switched, endpoint, rollout, reload };
inline constexpr std::array<std::string_view, 6> kEventKindLabels{"reversion", "weights", "switch",
                                                                  "endpoint",  "rollout", "reload"};
std::string_view label(EventKind kind);
std::optional<EventKind> parse_event_kind(std::string_view text);

struct Event {
  EventKind kind = EventKind::weights;
  std::string subject = {};  // a route, an "upstream endpoint", a file
  std::vector<std::pair<std::string, std::string>> fields = {};  // in the order to show them in
  std::uint64_t id = 0;                                          // these two are given by append()
  WallTime at = {};
};

class Events {
 public:
  static constexpr std::size_t kHeld = 1'024;

  explicit Events(std::function<WallTime()> now = wall_now);

  void append(Event event);

  struct Reading {
    std::vector<Event> events;
    bool gap = false;  // some after that id are not held any more
  };
  // At most `limit` of those after `id`, oldest first. Of an id that was never given out: all that
  // are held, and a gap.
  Reading after(std::uint64_t id, std::size_t limit = kHeld) const;
  // Of what is to come, the ids are greater.
  std::uint64_t newest() const;

  // Calls `wake` after each append(), on its thread, until this is destroyed; afterwards it does
  // not run any more. It must not come back here.
  class Watch {
   public:
    Watch(Events& events, std::function<void()> wake);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class Events;
    Events& events_;
    std::function<void()> wake_;
  };

 private:
  std::function<WallTime()> now_;
  mutable std::mutex mutex_;
  std::uint64_t dropped_;  // the newest id that is not held; before the first, one less than that
  std::deque<Event> held_;
  std::set<Watch*> watches_;
};

}  // namespace sluice::control
