#pragma once
// The part of an exchange in which nothing waits, so that the views of the request head are alive:
// who the client is, where the request goes, and what exactly the upstream will read.
//
// Thread: the worker's.   Path: hot.
// Shape:  uses `plane.request` and the plane's scratch buffers; releases the client's head at the
// end.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "net/buffer_pool.hpp"
#include "proxy/client_side.hpp"
#include "proxy/failure.hpp"
#include "proxy/request_trace.hpp"
#include "proxy/worker_plane.hpp"
#include "routing/decide.hpp"
#include "telemetry/log_tap.hpp"

namespace sluice::proxy {

struct Placing {
  FailureKind failure = FailureKind::none;
  std::string_view detail;              // static text, with a failure
  routing::Decision decision;           // points into the pinned snapshot
  std::chrono::seconds retry_after{0};  // with FailureKind::rate_limited
  bool answers_itself = false;          // the route does
  std::string location;                 // of its answer, if that redirects
  bool secure = false;       // the client speaks TLS, to us or to a trusted hop before us
  telemetry::LogDraft line;  // of the access log, begun; null when that is off
  TraceDraft trace;          // begun; null when the request is not of the sample
  char* span_at = nullptr;   // in the image: 16 digits of the span that the upstream is told

  // The head for the upstream. Behind it there is room for a small body of known length, so that
  // both can be sent again.
  net::Buffer image;
  std::size_t image_size = 0;
};

// Fills in `placing`, which is new.
void place(WorkerPlane& plane, ClientSide& client, const routing::Snapshot& snapshot,
           Placing& placing);

}  // namespace sluice::proxy
