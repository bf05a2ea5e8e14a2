#pragma once
// The only writer of what the data plane serves: takes commands one after the other, decides the
// next state, has it kept, compiles the next snapshot, publishes it.
//
// Thread:    any one at a time (the control thread in the program); view() from any. Path: cold.
// Shape:     a change is accepted at once and answered when it is kept and every worker serves it.
//            The next may be accepted before that: it is decided upon the state of the last.
// Invariant: nothing that was asked for is served before it is kept; what was refused never is.
// What
//            follows from a configuration, or from the end of a time, is served first.
// Errors:    apply() changes nothing when it returns one.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "control/audit.hpp"
#include "control/change.hpp"
#include "control/events.hpp"
#include "control/state.hpp"
#include "control/state_tables.hpp"
#include "routing/compile.hpp"
#include "routing/snapshot.hpp"
#include "routing/spec.hpp"

namespace sluice::control {

// What there is to see, of one moment. Immutable.
struct View {
  std::shared_ptr<const routing::Snapshot> snapshot;
  State state;
};

// Somebody's wish.
struct Request {
  Change change;
  Actor actor = {};
  std::string reason = {};
  std::optional<std::uint64_t> if_generation = {};  // of the route's weights
  bool dry_run = false;
};

class Control {
 public:
  using Published = std::function<void()>;  // every worker serves it; on one of them
  using Kept = std::function<void(std::optional<std::string> failure)>;
  // The state after the change; with dry_run as it would be.
  using Reply = std::function<void(Result<State, Refusal>)>;

  struct Sinks {
    std::function<void(std::shared_ptr<const routing::Snapshot>, Published)> publish;
    // As Store::keep(), but that `Kept` is called on the control thread. Absent: nothing is kept,
    // which is well.
    std::function<void(Record, std::uint64_t lineage, Kept)> keep = {};
    std::function<WallTime()> now = wall_now;
    std::function<void(const std::string&)> log = {};  // one line, without its end
    // The weights of a route are others now.
    std::function<void(const std::string& route, WeightSource)> changed = {};
    // A change is served, or about to be.
    std::function<void(Event)> event = {};
  };

  // `state`: what a store had kept.
  explicit Control(Sinks sinks, State state = {});

  // A new configuration. Sticky keys: raw bytes, newest first; none: those of the state, or new
  // ones that it keeps.
  Result<std::uint64_t, std::vector<std::string>> apply(routing::RoutingSpec spec,
                                                        std::vector<std::string> sticky_keys,
                                                        Published on_served);
  // After the first apply(). `reply` is called on the control thread or on a worker.
  void request(Request request, Reply reply);
  // Ends the changes whose time is up.
  void return_what_is_due();
  // Published before this returns, and before anybody is told: what the guard has found bad must
  // not wait for a disk. Whatever was decided about the route before and is still on its way to the
  // disk is void. False: there is no such route any more.
  bool revert(Revert revert, const std::string& reason);
  // A line of the audit for what changes no state: a reload, a request that was turned away.
  void note(AuditRow row, Kept kept);

  // A host name has these addresses now, sorted. Publishes nothing when it had them before.
  void resolved(const std::string& name, std::vector<std::string> addresses);
  // What checks and traffic say of the endpoints now; of those that are not named, nothing.
  void judged(const routing::FitnessMap& fitness);

  // The newest snapshot; null before the first apply().
  const std::shared_ptr<const routing::Snapshot>& current() const noexcept { return current_; }
  // As of the last publication; null before the first. Thread: any.
  std::shared_ptr<const View> view() const;
  // When return_what_is_due() has something to do.
  std::optional<WallTime> next_return() const { return control::next_return(served_.state); }

 private:
  // What `current_` was compiled from.
  struct Served {
    routing::RoutingSpec configured;
    State state;                  // what is kept of what was decided
    routing::CompileInput input;  // its `spec` and `services` follow from the two
  };

  Result<std::uint64_t, std::vector<std::string>> serve(Served next, Published on_served);
  void serve_if_configured(Served next);
  void keep(Record record, Kept kept);
  void accept(const Request& request, State next, Reply reply);
  void log(const std::string& line) const;
  void refuse(const Request& request, Refusal refusal, const Reply& reply);
  void keep_accepted(std::vector<AuditRow> rows, Kept kept);
  void settle(const Record& record, const AuditRow& row, const Reply& reply);
  void tell(const AuditRow& row) const;
  void tell_configured(const State& before) const;
  bool serve_first(const Request& request);
  AuditRow row_of(const Request& request, const State& after, std::string result) const;

  Sinks sinks_;
  State accepted_;             // what is decided, kept or not
  State handed_;               // what of it the store was handed
  State kept_;                 // what of it the store has kept
  std::uint64_t lineage_ = 1;  // of what is decided; see Store::keep()
  std::uint64_t generation_;   // the newest that was given out, to a snapshot or a change
  Served served_;
  std::shared_ptr<const routing::Snapshot> current_;
  mutable std::mutex view_mutex_;
  std::shared_ptr<const View> view_;
};

}  // namespace sluice::control
