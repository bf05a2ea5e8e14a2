#pragma once
// Keeps the addresses of host names up to date, on a thread of its own, so that no worker and not
// the control thread either ever waits for a name server.
//
// Thread:    all public functions from any; callbacks run on the resolver's thread.
// Invariant: `on_change` is called only when the sorted addresses of a watched name are others than
//            before; when a name stops resolving the last good answer stays. After the destructor
//            nothing is called.
// Source:    the traps of nginx (resolves once) and of Envoy STRICT_DNS (an empty answer empties).
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "control/lookup.hpp"
#include "control/name_fsm.hpp"

namespace sluice::control {

struct ResolverOptions {
  LookupOptions lookup;
  NamePace pace;
};

class Resolver {
 public:
  using OnChange =
      std::function<void(const std::string& name, const std::vector<std::string>& addresses)>;
  using OnHeard = std::function<void()>;

  Resolver(const ResolverOptions& options, OnChange on_change);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // From now on these names and no others; what is known of those that stay is kept. `on_heard`
  // runs once each of them has been answered or has failed, after their on_change; a later watch()
  // replaces it if it has not run yet.
  void watch(std::vector<std::string> names, OnHeard on_heard);

  // The watched names without an address, each with why: "app.internal: Domain name not found".
  std::vector<std::string> unresolved() const;

 private:
  struct Name {
    explicit Name(const NamePace& pace) : fsm(pace) {}
    NameFsm fsm;
    std::unique_ptr<Lookup> lookup;  // while asking
    std::string failure;             // of the last time
  };
  using Calls = std::vector<std::function<void()>>;

  void run();
  void ask_what_is_due(NameTime now);
  Calls collect_outcomes(NameTime now);
  void take_outcome(const std::string& name, Name& entry, NameTime now, Calls& calls);
  std::vector<pollfd> descriptors() const;
  std::chrono::milliseconds time_to_wait(NameTime now) const;
  void wake();

  ResolverOptions options_;
  OnChange on_change_;
  int wake_descriptor_;
  mutable std::mutex mutex_;  // over what follows
  std::map<std::string, Name> names_;
  OnHeard on_heard_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::control
