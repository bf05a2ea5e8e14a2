#include "control/state_tables.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <sqlite3.h>

#include "control/change.hpp"
#include "control/rollout_text.hpp"

namespace sluice::control {
namespace {

using routing::Service;

constexpr std::array<const char*, 2> kMigrations{
    R"(
CREATE TABLE route_weights (
  route TEXT PRIMARY KEY, weights TEXT NOT NULL, configured TEXT NOT NULL, source TEXT NOT NULL,
  generation INTEGER NOT NULL,
  return_at INTEGER, return_weights TEXT, return_source TEXT) STRICT;
CREATE TABLE endpoint_services (
  upstream TEXT NOT NULL, address TEXT NOT NULL, service TEXT NOT NULL,
  PRIMARY KEY (upstream, address)) STRICT;
CREATE TABLE sticky_keys (position INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE generation (newest INTEGER NOT NULL) STRICT;
INSERT INTO generation VALUES (0);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
  actor TEXT NOT NULL, role TEXT NOT NULL, peer TEXT NOT NULL,
  action TEXT NOT NULL, target TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  reason TEXT NOT NULL, result TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
)",
    R"(
CREATE TABLE epochs (
  route TEXT NOT NULL, upstream TEXT NOT NULL, epoch INTEGER NOT NULL,
  PRIMARY KEY (route, upstream)) STRICT;
CREATE TABLE baselines (route TEXT PRIMARY KEY, upstream TEXT NOT NULL) STRICT;
CREATE TABLE rollouts (
  route TEXT PRIMARY KEY, stable TEXT NOT NULL, canary TEXT NOT NULL, steps TEXT NOT NULL,
  resumes INTEGER NOT NULL, phase TEXT NOT NULL, hold TEXT NOT NULL, reason TEXT NOT NULL,
  step INTEGER NOT NULL, share REAL NOT NULL, swapped INTEGER NOT NULL) STRICT;
)"};

[[noreturn]] void refuse(const std::string& what) {
  throw SqliteError(what, SQLITE_CORRUPT);
}

std::int64_t milliseconds_of(WallTime time) {
  return time.time_since_epoch().count();
}

WallTime time_of(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

Weights weights_of(const std::string& text) {
  auto weights = parse_weights(text);
  if (!weights) refuse("weights in the state are '" + text + "'");
  return *std::move(weights);
}

WeightSource source_of(const std::string& text) {
  const auto found = std::ranges::find(kWeightSourceLabels, text);
  if (found == kWeightSourceLabels.end()) refuse("a source in the state is '" + text + "'");
  return static_cast<WeightSource>(found - kWeightSourceLabels.begin());
}

std::string_view label_of(WeightSource source) {
  return kWeightSourceLabels[static_cast<std::size_t>(source)];
}

Service service_of(const std::string& text) {
  for (const Service service : {Service::drain, Service::down})
    if (service_label(service) == text) return service;
  refuse("the state of an endpoint is '" + text + "'");
}

void write_weights(Database& database, const std::string& route,
                   const std::optional<RouteWeights>& entry) {
  if (!entry) {
    Statement(database, "DELETE FROM route_weights WHERE route = ?").bind(route).step();
    return;
  }
  Statement row(database, "REPLACE INTO route_weights VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(route)
      .bind(format_weights(entry->weights))
      .bind(format_weights(entry->configured))
      .bind(label_of(entry->source))
      .bind(static_cast<std::int64_t>(entry->generation));
  if (const auto& then = entry->then) {
    row.bind(milliseconds_of(then->at))
        .bind(format_weights(then->weights))
        .bind(label_of(then->source));
  }
  row.step();
}

void write_service(Database& database, const routing::EndpointName& name, Service service) {
  if (service == Service::active) {
    Statement(database, "DELETE FROM endpoint_services WHERE upstream = ? AND address = ?")
        .bind(name.upstream)
        .bind(name.address)
        .step();
    return;
  }
  Statement(database, "REPLACE INTO endpoint_services VALUES (?, ?, ?)")
      .bind(name.upstream)
      .bind(name.address)
      .bind(service_label(service))
      .step();
}

void write_epoch(Database& database, const routing::ArmName& arm, std::uint32_t epoch) {
  Statement(database, "REPLACE INTO epochs VALUES (?, ?, ?)")
      .bind(arm.route)
      .bind(arm.upstream)
      .bind(static_cast<std::int64_t>(epoch))
      .step();
}

void write_baseline(Database& database, const std::string& route, const std::string& upstream) {
  if (upstream.empty())
    Statement(database, "DELETE FROM baselines WHERE route = ?").bind(route).step();
  else
    Statement(database, "REPLACE INTO baselines VALUES (?, ?)").bind(route).bind(upstream).step();
}

void write_rollout(Database& database, const std::string& route,
                   const std::optional<rollout::RolloutState>& state) {
  if (!state) {
    Statement(database, "DELETE FROM rollouts WHERE route = ?").bind(route).step();
    return;
  }
  Statement(database, "REPLACE INTO rollouts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(route)
      .bind(state->spec.stable)
      .bind(state->spec.canary)
      .bind(format_steps(state->spec.steps))
      .bind(static_cast<std::int64_t>(state->spec.resumes))
      .bind(label(state->phase))
      .bind(label(state->hold))
      .bind(state->reason)
      .bind(static_cast<std::int64_t>(state->step))
      .bind_real(state->share)
      .bind(static_cast<std::int64_t>(state->swapped))
      .step();
}

rollout::RolloutState read_rollout(const Statement& row) {
  auto steps = parse_steps(row.text(3));
  const auto phase = rollout::parse_phase(row.text(5));
  const auto hold = rollout::parse_hold(row.text(6));
  if (!steps || !phase || !hold) refuse("a rollout in the state makes no sense");
  rollout::RolloutState state;
  state.spec = {.route = row.text(0),
                .stable = row.text(1),
                .canary = row.text(2),
                .steps = *std::move(steps),
                .resumes = row.number(4) != 0};
  state.phase = *phase;
  state.hold = *hold;
  state.reason = row.text(7);
  state.step = static_cast<std::uint32_t>(row.number(8));
  state.share = row.real(9);
  state.swapped = row.number(10) != 0;
  return state;
}

// What `after` has that `before` has not, or otherwise; what is gone as `gone`.
template <class Map, class Out, class Gone>
void add_differences(const Map& before, const Map& after, Out& out, const Gone& gone) {
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end() || old->second != value) out.emplace_back(key, value);
  }
  for (const auto& [key, value] : before)
    if (!after.contains(key)) out.emplace_back(key, gone);
}

void write_keys(Database& database, const std::vector<std::string>& keys) {
  database.run("DELETE FROM sticky_keys");
  for (std::size_t i = 0; i < keys.size(); ++i)
    Statement(database, "INSERT INTO sticky_keys VALUES (?, ?)")
        .bind(static_cast<std::int64_t>(i))
        .bind_blob(keys[i])
        .step();
}

void write_audit(Database& database, const AuditRow& row) {
  Statement(
      database,
      "INSERT INTO audit (at, actor, role, peer, action, target, before, after, reason, result)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(milliseconds_of(row.at))
      .bind(row.actor.name)
      .bind(row.actor.role)
      .bind(row.actor.peer)
      .bind(row.action)
      .bind(row.target)
      .bind(row.before)
      .bind(row.after)
      .bind(row.reason)
      .bind(row.result)
      .step();
}

RouteWeights read_weights(const Statement& row) {
  RouteWeights entry{.weights = weights_of(row.text(1)),
                     .configured = weights_of(row.text(2)),
                     .source = source_of(row.text(3)),
                     .generation = static_cast<std::uint64_t>(row.number(4)),
                     .then = {}};
  if (!row.is_null(5))
    entry.then = {time_of(row.number(5)), weights_of(row.text(6)), source_of(row.text(7))};
  return entry;
}

}  // namespace

void apply(State& state, const Record& record) {
  state.generation = std::max(state.generation, record.generation);
  for (const auto& [route, entry] : record.weights) {
    if (entry)
      state.weights[route] = *entry;
    else
      state.weights.erase(route);
  }
  for (const auto& [name, service] : record.services) {
    if (service == Service::active)
      state.services.erase(name);
    else
      state.services[name] = service;
  }
  for (const auto& [arm, epoch] : record.epochs) state.epochs[arm] = epoch;
  for (const auto& [route, upstream] : record.baselines) {
    if (upstream.empty())
      state.baselines.erase(route);
    else
      state.baselines[route] = upstream;
  }
  for (const auto& [route, rollout] : record.rollouts) {
    if (rollout)
      state.rollouts[route] = *rollout;
    else
      state.rollouts.erase(route);
  }
  if (record.sticky_keys) state.sticky_keys = *record.sticky_keys;
}

Record difference(const State& before, const State& after) {
  Record record;
  if (after.generation != before.generation) record.generation = after.generation;
  add_differences(before.weights, after.weights, record.weights, std::nullopt);
  add_differences(before.services, after.services, record.services, Service::active);
  add_differences(before.epochs, after.epochs, record.epochs, 0U);
  add_differences(before.baselines, after.baselines, record.baselines, std::string());
  add_differences(before.rollouts, after.rollouts, record.rollouts, std::nullopt);
  if (before.sticky_keys != after.sticky_keys) record.sticky_keys = after.sticky_keys;
  return record;
}

NewerLayout::NewerLayout()
    : SqliteError("it was written by a newer version of this program", SQLITE_ERROR) {}

void migrate(Database& database) {
  Transaction transaction(database);
  Statement version(database, "PRAGMA user_version");
  version.step();
  const auto present = static_cast<std::size_t>(version.number(0));
  if (present > kMigrations.size()) throw NewerLayout();
  for (std::size_t i = present; i < kMigrations.size(); ++i) database.run(kMigrations[i]);
  database.run("PRAGMA user_version = " + std::to_string(kMigrations.size()));
  transaction.commit();
}

State load_state(const Database& database) {
  State state;
  for (Statement row(database, "SELECT * FROM route_weights"); row.step();) {
    RouteWeights entry = read_weights(row);
    state.weights.emplace(row.text(0), std::move(entry));
  }
  Statement newest(database, "SELECT newest FROM generation");
  if (newest.step()) state.generation = static_cast<std::uint64_t>(newest.number(0));
  for (Statement row(database, "SELECT * FROM endpoint_services"); row.step();)
    state.services[{row.text(0), row.text(1)}] = service_of(row.text(2));
  for (Statement row(database, "SELECT * FROM epochs"); row.step();)
    state.epochs[{row.text(0), row.text(1)}] = static_cast<std::uint32_t>(row.number(2));
  for (Statement row(database, "SELECT * FROM baselines"); row.step();)
    state.baselines[row.text(0)] = row.text(1);
  for (Statement row(database, "SELECT * FROM rollouts"); row.step();)
    state.rollouts[row.text(0)] = read_rollout(row);
  for (Statement row(database, "SELECT key FROM sticky_keys ORDER BY position"); row.step();)
    state.sticky_keys.push_back(row.text(0));
  return state;
}

void write(Database& database, const Record& record) {
  if (record.generation != 0)
    Statement(database, "UPDATE generation SET newest = max(newest, ?)")
        .bind(static_cast<std::int64_t>(record.generation))
        .step();
  for (const auto& [route, entry] : record.weights) write_weights(database, route, entry);
  for (const auto& [name, service] : record.services) write_service(database, name, service);
  for (const auto& [arm, epoch] : record.epochs) write_epoch(database, arm, epoch);
  for (const auto& [route, upstream] : record.baselines) write_baseline(database, route, upstream);
  for (const auto& [route, rollout] : record.rollouts) write_rollout(database, route, rollout);
  if (record.sticky_keys) write_keys(database, *record.sticky_keys);
  for (const AuditRow& row : record.audit) write_audit(database, row);
}

std::vector<AuditRow> read_audit(const Database& database, const AuditQuery& query) {
  Statement row(database,
                "SELECT id, at, actor, role, peer, action, target, before, after, reason, result"
                " FROM audit WHERE id < ?1 AND (?2 = '' OR target = ?2) ORDER BY id DESC LIMIT ?3");
  row.bind(static_cast<std::int64_t>(std::min<std::uint64_t>(query.before_id, INT64_MAX)))
      .bind(query.target)
      .bind(static_cast<std::int64_t>(query.limit));
  std::vector<AuditRow> rows;
  while (row.step())
    rows.push_back({static_cast<std::uint64_t>(row.number(0)),
                    time_of(row.number(1)),
                    {row.text(2), row.text(3), row.text(4)},
                    row.text(5),
                    row.text(6),
                    row.text(7),
                    row.text(8),
                    row.text(9),
                    row.text(10)});
  return rows;
}

void copy_state(const State& state, const std::string& path) {
  const std::string fresh = path + ".new";
  std::remove(fresh.c_str());
  {
    Database copy(fresh);
    migrate(copy);
    Transaction transaction(copy);
    write(copy, difference({}, state));
    transaction.commit();
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    throw SqliteError("cannot rename " + fresh + " to " + path, SQLITE_IOERR);
}

}  // namespace sluice::control
