#pragma once
// GET /api/v1/events: what happens, as it happens (text/event-stream).
#include "admin/exchange.hpp"
#include "control/events.hpp"

namespace sluice::admin {

// ?kinds=weights,switch: those alone. Begins with what comes next, or after `Last-Event-ID` (0: all
// that are still held):
//   id: 1763750000001
//   event: weights
//   data:
//   {"id":1763750000001,"at":"...","kind":"weights","subject":"shop","fields":{"before":"blue=90
//   canary=10","after":"blue=50 canary=50","actor":"ann"}}
// Where some after that id are not held any more, an `event: gap` says so first.
FeedMaker make_events(const control::Events& events);

}  // namespace sluice::admin
