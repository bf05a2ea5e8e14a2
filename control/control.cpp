#include "control/control.hpp"

#include <algorithm>
#include <utility>

#include "base/crypto.hpp"

namespace sluice::control {
namespace {

constexpr std::size_t kKeyBytes = 32;

std::string new_key() {
  std::string key(kKeyBytes, '\0');
  random_bytes({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  return key;
}

const Actor& ourselves() {
  static const Actor actor{"sluice", "", ""};
  return actor;
}

// What was decided before another configuration, or before a reversion, came to be served: weights
// that are based on the old one, and endpoints of upstreams that are gone, are void.
Record without_void(Record record, const State& state, const routing::RoutingSpec& configured) {
  std::erase_if(record.weights, [&](const auto& one) {
    const auto present = state.weights.find(one.first);
    return !one.second || present == state.weights.end() ||
           present->second.configured != one.second->configured ||
           present->second.generation > one.second->generation;
  });
  std::erase_if(record.services, [&](const auto& one) {
    return std::ranges::find(configured.upstreams, one.first.upstream,
                             &routing::UpstreamSpec::name) == configured.upstreams.end();
  });
  record.sticky_keys.reset();
  return record;
}

std::string_view label_of(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::not_found:
      return "not found";
    case RefusalKind::stale:
      return "stale";
    case RefusalKind::invalid:
      return "invalid";
    case RefusalKind::conflict:
      return "conflict";
    case RefusalKind::unavailable:
      break;
  }
  return "unavailable";
}

}  // namespace

Control::Control(Sinks sinks, State state)
    : sinks_(std::move(sinks)),
      accepted_(state),
      handed_(state),
      kept_(state),
      generation_(state.generation) {
  served_.state = std::move(state);
}

// ---- publishing ----------------------------------------------------------------------------

Result<std::uint64_t, std::vector<std::string>> Control::serve(Served next, Published on_served) {
  next.input.spec = with_weights(next.configured, next.state);
  next.input.services = next.state.services;
  next.input.epochs = next.state.epochs;
  next.input.previous = current_;
  next.input.generation = generation_ + 1;
  auto compiled = routing::compile(next.input);
  if (!compiled) return Failure{std::move(compiled).error()};
  ++generation_;
  current_ = std::move(compiled).value();
  next.input.previous.reset();
  served_ = std::move(next);
  auto view = std::make_shared<const View>(View{current_, served_.state});
  {
    const std::lock_guard lock(view_mutex_);
    view_.swap(view);
  }
  sinks_.publish(current_, std::move(on_served));
  return current_->generation;
}

void Control::log(const std::string& line) const {
  if (sinks_.log) sinks_.log(line);
}

std::shared_ptr<const View> Control::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

// The configuration is the one that compiled before.
void Control::serve_if_configured(Served next) {
  if (current_)
    (void)serve(std::move(next), {});
  else
    served_ = std::move(next);  // remembered for the first configuration
}

// ---- events --------------------------------------------------------------------------------

void Control::tell(const AuditRow& row) const {
  if (!sinks_.event) return;
  const EventKind kind = parse_event_kind(row.action).value_or(EventKind::weights);
  Event event{.kind = kind,
              .subject = row.target,
              .fields = {{"before", row.before}, {"after", row.after}, {"actor", row.actor.name}}};
  if (!row.reason.empty()) event.fields.emplace_back("reason", row.reason);
  sinks_.event(std::move(event));
}

// Weights that are others because the file says so.
void Control::tell_configured(const State& before) const {
  for (const auto& [route, entry] : served_.state.weights) {
    const auto old = before.weights.find(route);
    if (old == before.weights.end() || old->second.weights == entry.weights) continue;
    tell({.actor = ourselves(),
          .action = "weights",
          .target = route,
          .before = format_weights(old->second.weights),
          .after = format_weights(entry.weights),
          .reason = "the configured weights changed"});
  }
}

// ---- configuration, names, health ------------------------------------------------------------

Result<std::uint64_t, std::vector<std::string>> Control::apply(routing::RoutingSpec spec,
                                                               std::vector<std::string> sticky_keys,
                                                               Published on_served) {
  State accepted = accepted_;
  if (sticky_keys.empty() && accepted.sticky_keys.empty())
    accepted.sticky_keys.push_back(new_key());
  const auto superseded = reconcile(accepted, spec, generation_ + 1);
  Served next = served_;
  const State served_before = next.state;
  reconcile(next.state, spec, generation_ + 1);
  next.state.sticky_keys = accepted.sticky_keys;
  next.input.sticky_keys = sticky_keys.empty() ? accepted.sticky_keys : std::move(sticky_keys);
  next.configured = std::move(spec);
  auto served = serve(std::move(next), std::move(on_served));
  if (!served) return served;
  tell_configured(served_before);

  std::vector<AuditRow> rows;
  for (const auto& [route, before] : superseded) {
    if (sinks_.changed) sinks_.changed(route, WeightSource::config);
    const std::string weights = format_weights(accepted.weights.at(route).weights);
    log("weights of route " + route + ": the file changed, so it wins: " + weights +
        " instead of " + format_weights(before.weights));
    rows.push_back({.at = sinks_.now(),
                    .actor = ourselves(),
                    .action = "weights",
                    .target = route,
                    .before = format_weights(before.weights),
                    .after = weights,
                    .reason = "the configured weights changed",
                    .result = "done"});
  }
  accepted_ = std::move(accepted);
  keep_accepted(std::move(rows), [this](const auto& failure) {
    if (failure) log("what follows from the configuration is not kept yet: " + *failure);
  });
  return served;
}

void Control::resolved(const std::string& name, std::vector<std::string> addresses) {
  const auto& known = served_.input.resolutions;
  if (const auto found = known.find(name); found != known.end() && found->second == addresses)
    return;
  Served next = served_;
  next.input.resolutions[name] = std::move(addresses);
  serve_if_configured(std::move(next));
}

void Control::judged(const routing::FitnessMap& fitness) {
  if (fitness == served_.input.fitness) return;
  Served next = served_;
  next.input.fitness = fitness;
  serve_if_configured(std::move(next));
}

// ---- changes ---------------------------------------------------------------------------------

AuditRow Control::row_of(const Request& request, const State& after, std::string result) const {
  return {.at = sinks_.now(),
          .actor = request.actor,
          .action = std::string(action_of(request.change)),
          .target = target_of(request.change),
          .before = describe_target(accepted_, request.change, *current_),
          .after = describe_target(after, request.change, *current_),
          .reason = request.reason,
          .result = std::move(result)};
}

void Control::request(Request request, Reply reply) {
  const Moment moment{*current_, sinks_.now(), generation_ + 1};
  auto next = changed(accepted_, request.change, moment, request.if_generation);
  if (!next) return refuse(request, std::move(next).error(), reply);
  if (request.dry_run) return reply(std::move(next));
  ++generation_;
  accept(request, std::move(next).value(), std::move(reply));
}

void Control::refuse(const Request& request, Refusal refusal, const Reply& reply) {
  std::string why = std::string(label_of(refusal.kind)) + ": " + refusal.detail;
  for (const Fault& fault : refusal.faults) why += "; " + fault.pointer + ": " + fault.detail;
  Record record;
  record.audit.push_back(row_of(request, accepted_, std::move(why)));
  keep(std::move(record), {});
  reply(Failure{std::move(refusal)});
}

void Control::accept(const Request& request, State next, Reply reply) {
  AuditRow row = row_of(request, next, "done");
  const Record record = difference(accepted_, next);
  accepted_ = std::move(next);
  keep_accepted({row}, [this, record, row, reply = std::move(reply)](auto failure) {
    if (failure) return reply(Failure{Refusal{RefusalKind::unavailable, *std::move(failure), {}}});
    settle(record, row, reply);
  });
}

// All of what is decided that the store was not handed yet. Once one thing could not be kept,
// whatever was decided upon it is void, and the next record begins at what is kept.
void Control::keep_accepted(std::vector<AuditRow> rows, Kept kept) {
  Record record = difference(handed_, accepted_);
  record.audit = std::move(rows);
  handed_ = accepted_;
  if (record.empty()) return;
  keep(std::move(record), [this, after = handed_, kept = std::move(kept)](auto failure) {
    if (!failure) kept_ = after;
    kept(std::move(failure));
  });
}

void Control::keep(Record record, Kept kept) {
  if (!sinks_.keep) {
    if (kept) kept({});
    return;
  }
  sinks_.keep(std::move(record), lineage_,
              [this, lineage = lineage_, kept = std::move(kept)](auto failure) {
                if (failure && lineage == lineage_) {
                  ++lineage_;
                  accepted_ = served_.state;
                  handed_ = kept_;
                }
                if (kept) kept(std::move(failure));
              });
}

void Control::settle(const Record& record, const AuditRow& row, const Reply& reply) {
  const Record valid = without_void(record, served_.state, served_.configured);
  for (const auto& [route, entry] : valid.weights)
    if (sinks_.changed) sinks_.changed(route, entry->source);
  if (valid.weights.size() != record.weights.size())
    return reply(
        Failure{Refusal{RefusalKind::conflict,
                        "something that goes first came in between: a reversion, or another "
                        "configuration",
                        {}}});
  Served next = served_;
  control::apply(next.state, valid);
  const State state = next.state;
  const auto served = serve(std::move(next), [reply, state] { reply(state); });
  if (!served) return reply(Failure{Refusal{RefusalKind::unavailable, served.error().front(), {}}});
  if (valid.services == record.services) tell(row);
}

// Served first: back to what was before, which a full disk must not hold up. Should it not be kept,
// the next process does it again.
void Control::return_what_is_due() {
  for (const std::string& route : routes_to_return(served_.state, sinks_.now())) {
    // Somebody has decided otherwise, which is on its way to the disk.
    if (accepted_.weights.at(route) != served_.state.weights.at(route)) continue;
    serve_first({.change = Return{route}, .actor = ourselves(), .reason = "its time is up"});
  }
}

bool Control::revert(Revert revert, const std::string& reason) {
  return serve_first({.change = std::move(revert), .actor = {"guard", "", ""}, .reason = reason});
}

bool Control::serve_first(const Request& request) {
  const Moment moment{*current_, sinks_.now(), ++generation_};
  auto next = changed(accepted_, request.change, moment);
  if (!next) return false;
  AuditRow row = row_of(request, *next, "done");
  const Record record = difference(accepted_, *next);
  accepted_ = std::move(next).value();
  settle(record, row, [](const auto&) {});
  keep_accepted({std::move(row)}, [this, route = target_of(request.change)](const auto& failure) {
    if (failure) log("weights of route " + route + " are back, which is not kept yet: " + *failure);
  });
  return true;
}

void Control::note(AuditRow row, Kept kept) {
  row.at = sinks_.now();
  Record record;
  record.audit.push_back(std::move(row));
  keep(std::move(record), std::move(kept));
}

}  // namespace sluice::control
