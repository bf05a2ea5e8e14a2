#include "admin/handlers/weights.hpp"

#include <functional>

#include "admin/json_body.hpp"
#include "admin/preconditions.hpp"
#include "admin/views.hpp"

namespace sluice::admin {
namespace {

constexpr std::size_t kReasonBytes = 1024;

// Of a dry run without a tag: nothing has it.
Response weights_of(const control::State& state, const std::string& route, bool dry_run = false,
                    const std::optional<boost::json::object>& observed = {}) {
  const auto entry = state.weights.find(route);
  if (entry == state.weights.end())
    return make_problem(http::status::not_found, "not_found", "there is no route '" + route + "'");
  boost::json::object weights = describe_weights(entry->second);
  if (dry_run) {
    weights.erase("generation");
    weights["dry_run"] = true;
    return make_json(weights);
  }
  if (observed) weights["observed"] = *observed;
  Response response = make_json(weights);
  response.set(http::field::etag, entity_tag(entry->second.generation));
  return response;
}

using Ask = std::function<void(control::Request, control::Control::Reply)>;

// What every change of weights has in common, once its own members are read: the reason, the
// precondition, the dry run. Answers with the weights that it led to.
void ask(const Ask& to, const Call& call, JsonBody& body, control::Change change, bool needs_tag,
         const Reply& reply) {
  control::Request request{.change = std::move(change), .actor = call.actor};
  request.reason = body.text("reason", kReasonBytes);
  if (auto refusal = body.refusal()) return call.refuse(*std::move(refusal));
  if (needs_tag || call.request.count(http::field::if_match) != 0) {
    auto generation = read_if_match(call.request);
    if (auto* const refusal = std::get_if<Response>(&generation))
      return call.refuse(std::move(*refusal));
    request.if_generation = std::get<0>(generation);
  }
  const auto dry_run = read_dry_run(call);
  if (!dry_run) return call.refuse(dry_run.error());
  request.dry_run = *dry_run;
  to(std::move(request),
     [route = call.parameter("route"), dry_run = *dry_run, reply](const auto& done) {
       reply(done ? weights_of(*done, route, dry_run) : make_refusal(done.error()));
     });
}

}  // namespace

Handler make_get_weights(ControlRoom room) {
  return answered([room = std::move(room)](const Call& call) {
    const std::string& route = call.parameter("route");
    return weights_of(room.view()->state, route, false, describe_observed(room.rates(), route));
  });
}

Handler make_put_weights(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return call.refuse(body.error());
    control::SetWeights change{.route = call.parameter("route"), .weights = {}, .revert_after = {}};
    change.weights = body->needed_weights("weights");
    change.revert_after = body->duration("revert_after");
    ask(room.request, call, *body, std::move(change), true, reply);
  };
}

Handler make_switch(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return call.refuse(body.error());
    control::Switch change{.route = call.parameter("route"), .to = body->needed_text("to", 64)};
    change.force = body->flag("force");
    ask(room.request, call, *body, std::move(change), false, reply);
  };
}

Handler make_revert(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return call.refuse(body.error());
    const std::string route = call.parameter("route");
    const Ask revert = [&room, route](control::Request request, control::Control::Reply done) {
      room.revert(std::move(request), route, std::move(done));
    };
    ask(revert, call, *body, control::Revert{.route = route, .weights = {}, .disowned = {}}, false,
        reply);
  };
}

}  // namespace sluice::admin
