#pragma once
// The access log: taps that workers fill, one queue, one thread that formats and writes in batches.
//
// Thread:    made, reopened and stopped by the control thread; tap(k) is worker k's; dropped() may
//            be read by any.
// Path:      the writer's thread is the only one that formats, makes system calls or waits.
// Invariant: what was handed over before stop() is written by stop(), unless the reader or the disk
//            takes it no more; that is tried for stop()'s patience. Memory is bounded by
//            kRecordsMax and kBytesMax, shared out to the taps. The taps live as long as the log.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "telemetry/log_file.hpp"
#include "telemetry/log_line.hpp"
#include "telemetry/log_tap.hpp"
#include "telemetry/spec.hpp"

namespace sluice::telemetry {

class AccessLog {
 public:
  static constexpr std::size_t kRecordsMax = 16 * 1024;  // waiting for the writer
  static constexpr std::size_t kBytesMax = 32 * 1024 * 1024;
  static constexpr std::chrono::seconds kFlushTime{5};

  // Null when the spec says `off`. Errors: one sentence, when the path cannot be opened.
  static Result<std::unique_ptr<AccessLog>, std::string> open(const AccessLogSpec& spec,
                                                              std::size_t workers);
  ~AccessLog() { stop(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  LogTap& tap(std::size_t worker) noexcept { return *taps_[worker]; }

  // The file was moved away: what has been handed over may still go there, the rest to a new one.
  void reopen();
  // No tap may be used any more. Idempotent.
  void stop(std::chrono::milliseconds patience = kFlushTime);

  // Lines that were due and not written.
  std::uint64_t dropped() const noexcept;

 private:
  AccessLog(const AccessLogSpec& spec, std::size_t workers);
  void run();
  bool drain();
  void flush();
  void wait(bool idle);

  LogQueue queue_;
  std::vector<std::unique_ptr<LogTap>> taps_;
  LogFile file_;
  LineWriter lines_;
  std::string batch_;
  std::chrono::milliseconds pause_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool reopen_wanted_ = false;  // under mutex_, like the next
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::telemetry
