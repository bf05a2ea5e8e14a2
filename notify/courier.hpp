#pragma once
// Delivers events to one receiver, in their order, on a thread of its own: a receiver that is slow,
// down or wrong is in nobody's way.
//
// Thread:    made and destroyed by one; `log` is called on the courier's.
// Invariant: at least once: what was put into the outbox is sent until it is taken, refused for
//            good, pushed out, or a day old. Nothing is put in while the process is down.
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "control/events.hpp"
#include "notify/outbox.hpp"
#include "notify/spec.hpp"

namespace sluice::notify {

class Courier {
 public:
  using Log = std::function<void(const std::string&)>;

  // `outbox`: the file of what waits; empty: in memory. Events from now on. `events` outlives this.
  Courier(NotificationSpec spec, const std::string& outbox, std::string source,
          control::Events& events, Log log);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

 private:
  void run();
  void collect();
  // How long until there is something to do again; zero: now.
  std::chrono::seconds deliver();
  void conclude(const Waiting& it, unsigned status, const std::string& why);
  void say(const std::string& what);

  const NotificationSpec spec_;
  const std::string source_;
  control::Events& events_;
  Log log_;
  std::string warning_;
  Outbox outbox_;
  std::uint64_t place_;      // of the newest event that was collected
  bool complained_ = false;  // since something was delivered
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable woken_;
  bool news_ = false;
  control::Events::Watch watch_;
  std::thread thread_;
};

}  // namespace sluice::notify
