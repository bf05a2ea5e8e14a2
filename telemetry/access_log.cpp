#include "telemetry/access_log.hpp"

#include <algorithm>
#include <csignal>

namespace sluice::telemetry {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::size_t kRecordsAtOnce = 256;
constexpr int kRoundsMax = 64;  // then whoever wants the file reopened is heard
// How long the writer sleeps: workers never wake it. A burst of a pause's length fits the queue.
constexpr std::chrono::milliseconds kPauseMin{5};
constexpr std::chrono::milliseconds kPauseMax{40};

LogBounds share_of(std::size_t workers) {
  return {std::max<std::size_t>(AccessLog::kRecordsMax / workers, 1'024),
          std::max<std::size_t>(AccessLog::kBytesMax / workers, 2 * 1024 * 1024)};
}

// SIGPIPE among them: a closed pipe is an error of a write, not the end.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// What to add to a steady time to get wall time. Read anew for each batch, so that a corrected
// clock shows in the next line.
system_clock::duration wall_offset() {
  return system_clock::now().time_since_epoch() -
         std::chrono::duration_cast<system_clock::duration>(steady_clock::now().time_since_epoch());
}

}  // namespace

Result<std::unique_ptr<AccessLog>, std::string> AccessLog::open(const AccessLogSpec& spec,
                                                                std::size_t workers) {
  std::unique_ptr<AccessLog> log;
  if (spec.format == LogFormat::off) return log;
  log.reset(new AccessLog(spec, workers));
  if (auto opened = log->file_.open(); !opened)
    return Failure{"access_log: " + std::move(opened).error()};
  log->thread_ = std::thread([self = log.get()] { self->run(); });
  return log;
}

AccessLog::AccessLog(const AccessLogSpec& spec, std::size_t workers)
    : queue_(std::max(kRecordsMax, workers * 1'024), workers, 0),
      file_(spec.path),
      lines_(spec.format),
      pause_(kPauseMin) {
  batch_.reserve(2 * kBatchBytes);
  const bool wants_referer = spec.format == LogFormat::combined;
  for (std::size_t i = 0; i < workers; ++i)
    taps_.push_back(
        std::make_unique<LogTap>(queue_, share_of(workers), spec.sample, wants_referer));
}

// ---- the control thread --------------------------------------------------------------------

void AccessLog::reopen() {
  const std::lock_guard lock(mutex_);
  reopen_wanted_ = true;
  wake_.notify_one();
}

void AccessLog::stop(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    file_.give_up_at(steady_clock::now() + patience);
    wake_.notify_one();
  }
  thread_.join();
}

std::uint64_t AccessLog::dropped() const noexcept {
  std::uint64_t sum = file_.lost();
  for (const auto& tap : taps_) sum += tap->dropped();
  return sum;
}

// ---- the writer ----------------------------------------------------------------------------

void AccessLog::run() {
  block_signals();
  for (bool last = false; !last;) {
    bool reopen = false;
    {
      const std::lock_guard lock(mutex_);
      last = stopping_;  // read before the queue is: whatever came before stop() is still taken
      reopen = std::exchange(reopen_wanted_, false);
    }
    if (reopen) file_.reopen();
    bool any = drain();
    if (!last) wait(!any);
    while (last && any) any = drain();
  }
  file_.leave();
}

// Takes what is there. False if that was nothing.
bool AccessLog::drain() {
  LogRecord* records[kRecordsAtOnce];
  const auto offset = wall_offset();
  bool any = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::size_t count = queue_.try_dequeue_bulk(records, kRecordsAtOnce);
    if (count == 0) break;
    any = true;
    for (std::size_t i = 0; i < count; ++i) {
      const auto began =
          std::chrono::duration_cast<system_clock::duration>(records[i]->began.time_since_epoch());
      lines_.append(*records[i], system_clock::time_point(began + offset), batch_);
      LogTap::give_back(records[i]);
      if (batch_.size() >= kBatchBytes) flush();
    }
  }
  flush();
  return any;
}

void AccessLog::flush() {
  if (!batch_.empty()) file_.write(batch_);
  batch_.clear();
}

void AccessLog::wait(bool idle) {
  pause_ = idle ? std::min(2 * pause_, kPauseMax) : kPauseMin;
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, pause_, [this] { return stopping_ || reopen_wanted_; });
}

}  // namespace sluice::telemetry
