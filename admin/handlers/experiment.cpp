#include "admin/handlers/experiment.hpp"

#include <cmath>

#include <boost/json/array.hpp>

#include "admin/json_body.hpp"
#include "admin/views.hpp"
#include "base/hash.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;
using rollout::Experiment;

constexpr std::size_t kReasonBytes = 1024;
constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kKeyBytes = 256;

json::value bound(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

json::object describe(const control::ExperimentStatus& status) {
  json::array comparisons;
  for (const Experiment::Comparison& one : status.comparisons)
    comparisons.push_back(json::object{{"conversion", one.conversion},
                                       {"arm", one.arm},
                                       {"on_arm", one.on_arm},
                                       {"on_control", one.on_control},
                                       {"ratio", bound(one.ratio)},
                                       {"low", bound(one.bounds.low)},
                                       {"high", bound(one.bounds.high)},
                                       {"in_words", in_words(one, status.spec.control)}});
  json::object exposures;
  for (const auto& [arm, count] : status.exposures) exposures[arm] = count;
  json::object out{{"name", status.spec.name},
                   {"route", status.spec.route},
                   {"control", status.spec.control},
                   {"running", status.runs},
                   {"confidence", status.spec.confidence},
                   {"comparisons", std::move(comparisons)},
                   {"exposures", std::move(exposures)},
                   {"sample_ratio_mismatch", status.sample_ratio_mismatch}};
  if (!status.why.empty()) out["stopped_because"] = status.why;
  if (status.began) out["began"] = control::format_time(*status.began);
  return out;
}

Response no_experiment(const std::string& name) {
  return make_problem(http::status::not_found, "not_found",
                      "there is no experiment '" + name + "'");
}

Response not_running(const std::string& name) {
  return make_problem(http::status::conflict, "conflict",
                      "the experiment '" + name + "' is not running");
}

Response answer(control::Experiments& experiments, const std::string& name) {
  const auto status = experiments.status(name);
  return status ? make_json(describe(*status)) : no_experiment(name);
}

// What starting and stopping are told: why. None: refused.
std::optional<std::string> take_reason(const Call& call) {
  auto body = JsonBody::read(call.request);
  if (!body) {
    call.refuse(body.error());
    return std::nullopt;
  }
  std::string reason = body->text("reason", kReasonBytes);
  if (auto refusal = body->refusal()) {
    call.refuse(*std::move(refusal));
    return std::nullopt;
  }
  return reason;
}

Response unknown(const char* member) {
  return make_problem(http::status::unprocessable_entity, "invalid", "the body makes no sense",
                      {{std::string("/") + member, "the experiment has none of that name"}});
}

// What became of it; true: it was no mistake.
std::pair<Response, bool> told(std::optional<Experiment::Taken> taken, const std::string& name,
                               const char* arms) {
  if (!taken) return {not_running(name), false};
  switch (*taken) {
    case Experiment::Taken::unknown_arm:
      return {unknown(arms), false};
    case Experiment::Taken::unknown_event:
      return {unknown("event"), false};
    case Experiment::Taken::full:
      return {make_problem(http::status::conflict, "conflict", "it knows too many keys already"),
              false};
    case Experiment::Taken::counted:
      return {make_json(json::object{{"counted", true}}), true};
    case Experiment::Taken::repeated:
      break;
  }
  return {make_json(json::object{{"counted", false}}), true};
}

// Users that were placed by other weights are placed anew.
control::SetWeights start_of(const rollout::ExperimentSpec& spec) {
  control::SetWeights change{
      .route = spec.route, .weights = spec.split, .revert_after = {}, .disowned = {}};
  for (const routing::WeightSpec& arm : spec.split) change.disowned.push_back(arm.upstream);
  return change;
}

}  // namespace

Handler make_experiments(ControlRoom room) {
  return answered([room = std::move(room)](const Call&) {
    json::array all;
    for (const auto& status : room.experiments->statuses()) all.push_back(describe(status));
    return make_json(json::object{{"experiments", std::move(all)}});
  });
}

Handler make_get_experiment(ControlRoom room) {
  return answered([room = std::move(room)](const Call& call) {
    return answer(*room.experiments, call.parameter("experiment"));
  });
}

Handler make_start_experiment(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    const auto reason = take_reason(call);
    if (!reason) return;
    const std::string name = call.parameter("experiment");
    const auto status = room.experiments->status(name);
    if (!status) return call.refuse(no_experiment(name));
    if (status->runs)
      return call.refuse(make_problem(http::status::conflict, "conflict",
                                      "the experiment '" + name + "' is running: stop it first"));
    control::Request request{
        .change = start_of(status->spec),
        .actor = call.actor,
        .reason = "experiment " + name + (reason->empty() ? "" : ": " + *reason)};
    room.request(std::move(request), [experiments = room.experiments, spec = status->spec,
                                      reply](const auto& done) {
      if (!done) return reply(make_refusal(done.error()));
      if (!experiments->start(spec, control::wall_now()))
        return reply(make_problem(http::status::conflict, "conflict",
                                  "the file has another experiment of that name by now"));
      reply(answer(*experiments, spec.name));
    });
  };
}

Handler make_stop_experiment(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    const auto reason = take_reason(call);
    if (!reason) return;
    const std::string name = call.parameter("experiment");
    if (!room.experiments->knows(name)) return call.refuse(no_experiment(name));
    if (!room.experiments->stop(name)) return call.refuse(not_running(name));
    room.note({.actor = call.actor,
               .action = "experiment",
               .target = name,
               .before = "running",
               .after = "stopped",
               .reason = *reason,
               .result = "done"});
    reply(answer(*room.experiments, name));
  };
}

Handler make_experiment_event(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return call.refuse(body.error());
    const std::string event = body->needed_text("event", kNameBytes);
    const bool many = body->has("counts");
    const std::string arm = many ? "" : body->needed_text("arm", kNameBytes);
    const std::string key = many ? "" : body->text("key", kKeyBytes);
    const control::Weights counts = many ? body->needed_weights("counts") : control::Weights();
    if (auto refusal = body->refusal()) return call.refuse(*std::move(refusal));
    const std::string name = call.parameter("experiment");
    if (!room.experiments->knows(name)) return call.refuse(no_experiment(name));
    const auto user = key.empty() ? std::nullopt : std::optional(stable_hash(key));
    auto [response, good] = told(many ? room.experiments->take(name, counts, event)
                                      : room.experiments->take(name, arm, event, user),
                                 name, many ? "counts" : "arm");
    good ? reply(std::move(response)) : call.refuse(std::move(response));
  };
}

}  // namespace sluice::admin
