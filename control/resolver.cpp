#include "control/resolver.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace sluice::control {
namespace {

constexpr std::chrono::milliseconds kLongestWait{60'000};

int make_eventfd() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  return descriptor;
}

// Signals are for the control thread alone.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Resolver::Resolver(const ResolverOptions& options, OnChange on_change)
    : options_(options),
      on_change_(std::move(on_change)),
      wake_descriptor_(make_eventfd()),
      thread_([this] { run(); }) {}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(wake_descriptor_);
}

void Resolver::watch(std::vector<std::string> names, OnHeard on_heard) {
  {
    const std::lock_guard lock(mutex_);
    const std::set<std::string> wanted(names.begin(), names.end());
    std::erase_if(names_, [&](const auto& entry) { return !wanted.contains(entry.first); });
    for (const std::string& name : wanted) names_.try_emplace(name, options_.pace);
    on_heard_ = std::move(on_heard);
  }
  wake();
}

std::vector<std::string> Resolver::unresolved() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& [name, entry] : names_)
    if (entry.fsm.addresses().empty())
      found.push_back(name + ": " + (entry.fsm.heard() ? entry.failure : "no answer yet"));
  return found;
}

void Resolver::wake() {
  const std::uint64_t one = 1;
  // It can fail only when the thread has more than enough to wake up to.
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

// ---- the thread ----------------------------------------------------------------------------

void Resolver::run() {
  block_signals();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const NameTime now = std::chrono::steady_clock::now();
    ask_what_is_due(now);
    const Calls calls = collect_outcomes(now);
    if (!calls.empty()) {
      lock.unlock();
      for (const auto& call : calls) call();
      lock.lock();
      continue;
    }
    std::vector<pollfd> waiting = descriptors();
    const auto time = time_to_wait(now);
    lock.unlock();
    ::poll(waiting.data(), waiting.size(), static_cast<int>(time.count()));
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t read = ::read(wake_descriptor_, &wakes, sizeof wakes);
    lock.lock();
    for (auto& [name, entry] : names_)
      if (entry.lookup) entry.lookup->proceed(waiting);
  }
}

void Resolver::ask_what_is_due(NameTime now) {
  for (auto& [name, entry] : names_)
    if (!entry.lookup && entry.fsm.due() <= now)
      entry.lookup = std::make_unique<Lookup>(name, options_.lookup);
}

Resolver::Calls Resolver::collect_outcomes(NameTime now) {
  Calls calls;
  for (auto& [name, entry] : names_)
    if (entry.lookup && entry.lookup->outcome()) take_outcome(name, entry, now, calls);
  const bool all_heard =
      std::ranges::all_of(names_, [](const auto& entry) { return entry.second.fsm.heard(); });
  if (all_heard && on_heard_) calls.push_back(std::exchange(on_heard_, {}));
  return calls;
}

void Resolver::take_outcome(const std::string& name, Name& entry, NameTime now, Calls& calls) {
  LookupOutcome outcome = *entry.lookup->outcome();
  entry.lookup.reset();
  entry.failure = outcome.failure;
  if (!outcome.failure.empty()) return entry.fsm.on_failure(now);
  if (!entry.fsm.on_answer(std::move(outcome.addresses), outcome.ttl, now)) return;
  calls.push_back([this, name, addresses = entry.fsm.addresses()] { on_change_(name, addresses); });
}

std::vector<pollfd> Resolver::descriptors() const {
  std::vector<pollfd> all{{wake_descriptor_, POLLIN, 0}};
  for (const auto& [name, entry] : names_)
    if (entry.lookup) entry.lookup->add_descriptors(all);
  return all;
}

std::chrono::milliseconds Resolver::time_to_wait(NameTime now) const {
  std::chrono::milliseconds wait = kLongestWait;
  for (const auto& [name, entry] : names_) {
    const auto until_due = std::chrono::ceil<std::chrono::milliseconds>(entry.fsm.due() - now);
    wait = std::min(wait, entry.lookup ? entry.lookup->wait_at_most(wait) : until_due);
  }
  return std::max(wait, std::chrono::milliseconds(0));
}

}  // namespace sluice::control
