#include "telemetry/trace_queue.hpp"

namespace sluice::telemetry {

void TraceQueue::put(std::unique_ptr<TraceRecord> trace) {
  const std::size_t spans = trace->spans();
  if (waiting_.fetch_add(1) < kTracesMax && queue_.enqueue(std::move(trace))) return;
  --waiting_;
  dropped(spans);
}

void TraceQueue::take(std::vector<std::unique_ptr<TraceRecord>>& out, std::size_t most) {
  std::unique_ptr<TraceRecord> one;
  while (most-- > 0 && queue_.try_dequeue(one)) {
    --waiting_;
    out.push_back(std::move(one));
  }
}

}  // namespace sluice::telemetry
