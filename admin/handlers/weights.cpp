#include "admin/handlers/weights.hpp"

#include "admin/json_body.hpp"
#include "admin/preconditions.hpp"
#include "admin/views.hpp"

namespace sluice::admin {
namespace {

constexpr std::size_t kReasonBytes = 1024;

Response weights_of(const control::State& state, const std::string& route) {
  const auto entry = state.weights.find(route);
  if (entry == state.weights.end())
    return make_problem(http::status::not_found, "not_found", "there is no route '" + route + "'");
  Response response = make_json(describe_weights(entry->second));
  response.set(http::field::etag, entity_tag(entry->second.generation));
  return response;
}

// Asks for it and answers with the weights that it led to.
void ask(const ControlRoom& room, control::Request request, const std::string& route, Reply reply) {
  room.request(std::move(request), [route, reply = std::move(reply)](const auto& done) {
    reply(done ? weights_of(*done, route) : make_refusal(done.error()));
  });
}

bool is_dry_run(const Call& call) {
  return call.query("dry_run") == "true";
}

}  // namespace

Handler make_get_weights(ControlRoom room) {
  return answered([room = std::move(room)](const Call& call) {
    return weights_of(room.view()->state, call.parameter("route"));
  });
}

Handler make_put_weights(ControlRoom room) {
  return [room = std::move(room)](const Call& call, Reply reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return reply(body.error());
    control::SetWeights change{.route = call.parameter("route"), .weights = {}, .revert_after = {}};
    change.weights = body->needed_weights("weights");
    change.revert_after = body->duration("revert_after");
    std::string reason = body->text("reason", kReasonBytes);
    if (auto refusal = body->refusal()) return reply(*std::move(refusal));
    auto generation = read_if_match(call.request);
    if (auto* const refusal = std::get_if<Response>(&generation)) return reply(std::move(*refusal));
    const std::string route = change.route;
    ask(room,
        {.change = std::move(change),
         .actor = call.actor,
         .reason = std::move(reason),
         .if_generation = std::get<0>(generation),
         .dry_run = is_dry_run(call)},
        route, std::move(reply));
  };
}

Handler make_switch(ControlRoom room) {
  return [room = std::move(room)](const Call& call, Reply reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return reply(body.error());
    control::Switch change{.route = call.parameter("route"), .to = body->needed_text("to", 64)};
    change.force = body->flag("force");
    std::string reason = body->text("reason", kReasonBytes);
    if (auto refusal = body->refusal()) return reply(*std::move(refusal));
    std::optional<std::uint64_t> generation;
    if (call.request.count(http::field::if_match) != 0) {
      auto read = read_if_match(call.request);
      if (auto* const refusal = std::get_if<Response>(&read)) return reply(std::move(*refusal));
      generation = std::get<0>(read);
    }
    const std::string route = change.route;
    ask(room,
        {.change = std::move(change),
         .actor = call.actor,
         .reason = std::move(reason),
         .if_generation = generation,
         .dry_run = is_dry_run(call)},
        route, std::move(reply));
  };
}

}  // namespace sluice::admin
