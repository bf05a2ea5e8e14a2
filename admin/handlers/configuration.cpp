#include "admin/handlers/configuration.hpp"

#include "admin/views.hpp"
#include "config/load.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

Response refuse(const std::vector<config::Diagnostic>& diagnostics) {
  std::vector<control::Fault> faults;
  for (const config::Diagnostic& one : diagnostics) {
    const std::string place = std::to_string(one.line) + ':' + std::to_string(one.column);
    faults.push_back(
        {one.path.empty() ? place : place + ' ' + one.path,
         one.message + (one.suggestion.empty() ? "" : "; did you mean '" + one.suggestion + "'?")});
  }
  return make_problem(http::status::unprocessable_entity, "invalid",
                      "the configuration has errors; what is served stays", faults);
}

}  // namespace

Handler make_get_config(ControlRoom room) {
  return answered([room = std::move(room)](const Call&) {
    return make_response(http::status::ok, "application/yaml", room.configuration().text);
  });
}

Handler make_validate_config(ControlRoom room) {
  return answered([room = std::move(room)](const Call& call) {
    const auto loaded = config::load_text(call.request.body(), room.configuration().path);
    return loaded ? make_json(json::object{{"valid", true}}) : refuse(loaded.error());
  });
}

Handler make_reload_config(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    room.reload(call.actor, [reply](const auto& done) {
      reply(done ? make_json(json::object{{"generation", *done}}) : refuse(done.error()));
    });
  };
}

}  // namespace sluice::admin
