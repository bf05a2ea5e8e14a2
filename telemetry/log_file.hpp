#pragma once
// Where lines go: a file, a FIFO, stdout or stderr, and what happens when they cannot.
//
// Thread:    one, the writer's; lost() and give_up_at() from any.
// Path:      cold: may wait for a slow reader, never for longer than give_up_at() allows.
// Errors:    lines that cannot be written are lost and counted; stderr says why, at most once a
//            minute. Every write tries again, so that it recovers by itself.
// Invariant: lines are written whole. If the disk fills up within a line, its rest is the first
//            thing that is written when there is room again.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "telemetry/counter.hpp"

namespace sluice::telemetry {

class LogFile {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit LogFile(std::string path) : path_(std::move(path)) {}
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  // `stdout`, `stderr` or a file, which is made if it is not there. Errors: one sentence.
  Result<bool, std::string> open();
  // A file: opens the path anew and leaves the old file. If that fails, goes on in the old one.
  void reopen();

  // The last words to the file that is open: a line that was begun is completed or counted as lost.
  void leave();

  // `lines`: whole ones.
  void write(std::string_view lines);

  // Lines that could not be written.
  std::uint64_t lost() const noexcept { return lost_.load(); }
  // From then on nothing waits for a reader.
  void give_up_at(SteadyTime time) noexcept { give_up_at_.store(time, std::memory_order_relaxed); }

 private:
  int open_path() const;
  int open_standard(int number);
  std::size_t put(std::string_view bytes);
  std::size_t put_some(std::string_view bytes) const noexcept;
  bool wait_writable() const noexcept;
  bool finish_torn_line();
  void complain(const char* what, int error);
  void replace(int descriptor);

  std::string path_;
  int descriptor_ = -1;
  bool is_file_ = false;    // has a path, which may be opened again
  bool is_socket_ = false;  // wants send()
  bool may_block_ = false;  // a pipe that we could not make non-blocking for us alone
  std::string torn_;        // what is still to be written of a line that was begun
  Counter lost_;
  SteadyTime quiet_until_{};  // stderr has been told
  std::atomic<SteadyTime> give_up_at_{SteadyTime::max()};
};

}  // namespace sluice::telemetry
