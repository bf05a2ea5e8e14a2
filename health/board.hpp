#pragma once
// All that is known of the health of all endpoints, and what follows for routing. Pure: the time is
// handed in.
//
// Thread:    control thread only. Path: cold.
// Invariant: what is known of an endpoint outlives a reload while its upstream has it. An endpoint
//            that is to be checked is not fit before its first pass, unless it served already when
//            that was asked for.
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "health/outlier_fsm.hpp"
#include "health/probe_fsm.hpp"
#include "health/status.hpp"
#include "health/success_rate.hpp"
#include "health/verdict.hpp"
#include "routing/compile.hpp"
#include "routing/snapshot.hpp"

namespace sluice::health {

enum class Ejection : std::uint8_t { consecutive_failures, success_rate };
inline constexpr std::array<std::string_view, 2> kEjectionLabels{"consecutive_failures",
                                                                 "success_rate"};

// Something that an operator wants to read in the log.
struct Event {
  routing::EndpointName endpoint;
  std::string what;                  // "is down: /checks/database is false"
  std::optional<Ejection> ejection;  // it is one of these
};

class Board {
 public:
  // One endpoint.
  struct Entry {
    const routing::Upstream* upstream = nullptr;  // of the snapshot adopted last
    std::uint32_t slot = 0;
    std::string configured;  // its name in the configuration
    bool served_unchecked = false;
    ProbeFsm probe;
    bool in_service = true;
    std::string reason;  // of the newest check that found fault, while it may matter
    SelfReport report;   // the newest
    std::string ejected_because;
    OutlierFsm outlier;
    Outcomes window;          // of its requests since the window began
    bool ramps_next = false;  // when it becomes fit: it is not there from the beginning
    std::optional<SteadyTime> ramps_since;

    bool fit() const noexcept;
    bool fit_but_for_ejection() const noexcept;
    std::string_view state() const noexcept;  // one of kStateLabels
    // Of its weight, now.
    double share(SteadyTime now) const noexcept;
  };
  using Entries = std::map<routing::EndpointName, Entry>;

  // The endpoints are now those of this snapshot.
  void adopt(std::shared_ptr<const routing::Snapshot> snapshot, SteadyTime now);
  void checked(const routing::EndpointName& name, CheckResult result, SteadyTime now);
  void counted(const routing::EndpointName& name, const Traffic& traffic, SteadyTime now);
  // Ends ejections and ramps whose time is over, compares success rates.
  void tick(SteadyTime now);

  // Without those of which routing/compile thinks the same unasked.
  routing::FitnessMap fitness(SteadyTime now) const;
  // Whether fitness() may have changed since the last call.
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  // Ordered by upstream and address.
  std::vector<EndpointStatus> statuses(SteadyTime now) const;
  const Entries& entries() const noexcept { return entries_; }
  // Whether something may follow from the traffic or the time alone.
  bool needs_ticks() const noexcept;
  // Those since the last call.
  std::vector<Event> take_events() { return std::exchange(events_, {}); }

 private:
  using Place = Entries::value_type;
  void eject(Place& place, Ejection why, SteadyTime now);
  bool may_eject(const Entry& entry) const;
  static bool comparable(const Entry& entry);
  void compare(SteadyTime now);
  void end_windows(SteadyTime last_look, SteadyTime now);
  void rise(Entry& entry, SteadyTime now);
  void relieve(SteadyTime now);
  void say(const Place& place, std::string what, std::optional<Ejection> ejection = {});

  std::shared_ptr<const routing::Snapshot> snapshot_;
  Entries entries_;
  SteadyTime looked_{};  // when success rates were compared last
  std::vector<Event> events_;
  bool changed_ = false;
};

}  // namespace sluice::health
