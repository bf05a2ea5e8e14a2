#include "notify/span_exporter.hpp"

#include <csignal>

#include "notify/post.hpp"
#include "notify/retry.hpp"
#include "telemetry/otlp.hpp"

namespace sluice::notify {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::size_t kBatchTraces = 256;
constexpr milliseconds kPause{500};  // between two looks at an empty queue
constexpr milliseconds kFirstRetry{250};
constexpr milliseconds kPostTime{5'000};

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

nanoseconds wall_offset() {
  return nanoseconds(system_clock::now().time_since_epoch()) -
         nanoseconds(steady_clock::now().time_since_epoch());
}

std::size_t spans_of(const std::vector<std::unique_ptr<telemetry::TraceRecord>>& batch) {
  std::size_t spans = 0;
  for (const auto& trace : batch) spans += trace->spans();
  return spans;
}

}  // namespace

std::string traces_url(const std::string& otlp) {
  const std::size_t host = otlp.find("://") + 3;
  const std::size_t path = otlp.find('/', host);
  if (path != std::string::npos && path + 1 < otlp.size()) return otlp;
  return otlp.substr(0, path) + "/v1/traces";
}

SpanExporter::SpanExporter(const telemetry::TracingSpec& spec,
                           std::shared_ptr<telemetry::TraceQueue> queue, Log log)
    : url_(traces_url(spec.otlp)),
      service_(spec.service),
      queue_(std::move(queue)),
      log_(std::move(log)),
      thread_([this] { run(); }) {}

// A collector that is slow or hangs does not hold up the end.
SpanExporter::~SpanExporter() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    woken_.notify_all();
    woken_.wait_for(lock, kLastPatience, [this] { return ended_; });
  }
  given_up_ = true;
  thread_.join();
}

// False when the process ends.
bool SpanExporter::wait(milliseconds time) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, time, [this] { return stopping_; });
  return !stopping_;
}

// What came before the end is taken after it was announced.
void SpanExporter::run() {
  block_signals();
  Batch batch;
  for (bool last = false;;) {
    batch.clear();
    queue_->take(batch, kBatchTraces);
    if (!batch.empty()) {
      deliver(batch);
      continue;
    }
    if (last) break;
    last = !wait(kPause);
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  woken_.notify_all();
}

void SpanExporter::deliver(const Batch& batch) {
  const std::string body = telemetry::otlp_traces(batch, service_, wall_offset());
  const auto until = steady_clock::now() + kPatience;
  milliseconds pause = kFirstRetry;
  for (;;) {
    const bool last = !wait(milliseconds(0));
    const Answer answer = given_up_
                              ? Answer{0, "the process ends"}
                              : post(url_, "application/json", {}, body, given_up_, kPostTime);
    const Fate fate = fate_of(answer.status, std::chrono::seconds(0));
    if (fate == Fate::delivered) {
      complained_ = false;
      return queue_->exported(spans_of(batch));
    }
    complain(answer.status != 0 ? "it answered " + std::to_string(answer.status) : answer.why);
    // One that takes nothing does not hold up the end.
    if (last) given_up_ = true;
    if (last || fate == Fate::given_up || steady_clock::now() + pause > until)
      return queue_->dropped(spans_of(batch));
    wait(pause);
    pause *= 2;
  }
}

void SpanExporter::complain(const std::string& why) {
  if (!std::exchange(complained_, true)) log_("tracing: the collector takes no spans: " + why);
}

}  // namespace sluice::notify
