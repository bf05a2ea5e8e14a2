#pragma once
// Sends traces to a collector, on a thread of its own: one that is slow or down is in nobody's way.
//
// Thread:    made and destroyed by one; `log` is called on the exporter's.
// Invariant: what was put before the destruction is offered once more; what the collector does not
//            take within `kPatience` is dropped and counted. Memory is bounded by the queue.
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "telemetry/spec.hpp"
#include "telemetry/trace_queue.hpp"

namespace sluice::notify {

// Where the traces of a collector go: `/v1/traces`, unless the URL has a path of its own.
std::string traces_url(const std::string& otlp);

class SpanExporter {
 public:
  using Log = std::function<void(const std::string&)>;
  static constexpr std::chrono::seconds kPatience{30};
  static constexpr std::chrono::seconds kLastPatience{2};  // of the end of the process

  SpanExporter(const telemetry::TracingSpec& spec, std::shared_ptr<telemetry::TraceQueue> queue,
               Log log);
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

 private:
  using Batch = std::vector<std::unique_ptr<telemetry::TraceRecord>>;
  void run();
  void deliver(const Batch& batch);
  bool wait(std::chrono::milliseconds time);
  void complain(const std::string& why);

  const std::string url_;
  const std::string service_;
  std::shared_ptr<telemetry::TraceQueue> queue_;
  Log log_;
  bool complained_ = false;  // since something was taken
  std::atomic<bool> given_up_{false};
  std::mutex mutex_;
  std::condition_variable woken_;
  bool stopping_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace sluice::notify
