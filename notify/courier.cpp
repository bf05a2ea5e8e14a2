#include "notify/courier.hpp"

#include <algorithm>
#include <csignal>

#include "notify/message.hpp"
#include "notify/post.hpp"
#include "notify/retry.hpp"

namespace sluice::notify {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestSleep{3'600};

seconds wall_seconds() {
  return std::chrono::floor<seconds>(control::wall_now()).time_since_epoch();
}

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// The path of a webhook may be a secret of its own.
std::string host_of(const std::string& url) {
  const auto begin = url.find("://") + 3;
  const auto end = std::min(url.find('/', begin), url.size());
  const auto at = url.rfind('@', end);
  const auto first = at != std::string::npos && at >= begin ? at + 1 : begin;
  return url.substr(first, end - first);
}

}  // namespace

Courier::Courier(NotificationSpec spec, const std::string& outbox, std::string source,
                 control::Events& events, Log log)
    : spec_(std::move(spec)),
      source_(std::move(source)),
      events_(events),
      log_(std::move(log)),
      outbox_(outbox, warning_),
      place_(events.newest()),
      watch_(events,
             [this] {
               {
                 const std::lock_guard lock(mutex_);
                 news_ = true;
               }
               woken_.notify_one();
             }),
      thread_([this] { run(); }) {}

Courier::~Courier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void Courier::run() {
  block_signals();
  if (!warning_.empty()) say(warning_);
  seconds pause{0};
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, pause, [this] { return stopping_ || news_; });
      news_ = false;
    }
    try {
      collect();  // also what has happened last, before the end
      if (stopping_) return;
      pause = deliver();
    } catch (const control::SqliteError& error) {
      if (stopping_) return;
      say(std::string("its queue cannot be used: ") + error.what());
      pause = kLongestPause;
    }
  }
}

void Courier::collect() {
  const auto reading = events_.after(place_);
  for (const control::Event& event : reading.events) {
    place_ = event.id;
    if (std::ranges::find(spec_.events, label(event.kind)) == spec_.events.end()) continue;
    const std::string body = body_of(event, spec_.format, source_, spec_.secret);
    if (!outbox_.add(std::to_string(event.id), body, wall_seconds()) && !complained_) {
      complained_ = true;
      say("too much waits, so the oldest goes");
    }
  }
}

seconds Courier::deliver() {
  const auto next = outbox_.oldest();
  if (!next) return kLongestSleep;
  const seconds now = wall_seconds();
  if (next->due > now)
    return std::min(next->due - now, kLongestPause);  // the clock may be set back
  const std::string secret = spec_.format == Format::pagerduty ? std::string() : spec_.secret;
  const Answer answer =
      post(spec_.url, content_type_of(spec_.format),
           signature_of(secret, next->id, now, next->body), next->body, stopping_);
  if (!stopping_) conclude(*next, answer.status, answer.why);
  return seconds(0);
}

void Courier::conclude(const Waiting& it, unsigned status, const std::string& why) {
  const seconds now = wall_seconds();
  const std::string reason = status != 0 ? "it answered " + std::to_string(status) : why;
  switch (fate_of(status, now - it.since)) {
    case Fate::delivered:
      complained_ = false;
      return outbox_.remove(it);
    case Fate::given_up:
      say("event " + it.id + " is given up: " + reason);
      return outbox_.remove(it);
    case Fate::again:
      if (!std::exchange(complained_, true)) say(reason + "; it is tried again");
      return outbox_.postpone(it, now + pause_after(it.attempts + 1));
  }
}

void Courier::say(const std::string& what) {
  log_("notifications to " + host_of(spec_.url) + ": " + what);
}

}  // namespace sluice::notify
