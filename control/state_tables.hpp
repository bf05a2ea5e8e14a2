#pragma once
// The state and the audit as tables of SQLite. A newer layout: one more migration, never another
// text of an old one.
//
// Thread: the database's. Path: cold. Errors: SqliteError; a value that nobody wrote is one, too.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/audit.hpp"
#include "control/sqlite.hpp"
#include "control/state.hpp"

namespace sluice::control {

// What one change writes: of the state what is another now, and what is said of it.
struct Record {
  std::uint64_t generation = 0;  // of the state after it; 0: not another one
  std::vector<std::pair<std::string, std::optional<RouteWeights>>> weights;  // nullopt: gone
  std::vector<std::pair<routing::EndpointName, routing::Service>> services;
  std::vector<std::pair<routing::ArmName, std::uint32_t>> epochs;
  std::optional<std::vector<std::string>> sticky_keys;
  std::vector<AuditRow> audit;
  bool is_audit_only() const noexcept {
    return generation == 0 && weights.empty() && services.empty() && epochs.empty() && !sticky_keys;
  }
  bool empty() const noexcept { return is_audit_only() && audit.empty(); }
};

Record difference(const State& before, const State& after);
// The inverse: `state` as it is after the record.
void apply(State& state, const Record& record);

class NewerLayout : public SqliteError {
 public:
  NewerLayout();
};

// Brings the tables to the newest layout. Errors: NewerLayout, when this program does not know it.
void migrate(Database& database);
State load_state(const Database& database);
void write(Database& database, const Record& record);
std::vector<AuditRow> read_audit(const Database& database, const AuditQuery& query);

// The state alone, without an audit, as a database of its own at `path`, which is replaced.
void copy_state(const State& state, const std::string& path);

}  // namespace sluice::control
