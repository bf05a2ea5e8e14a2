#include "admin/handlers/drain.hpp"

#include "admin/views.hpp"

namespace sluice::admin {

// Answered first: what follows may be the end of the process.
Handler make_drain(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    reply(make_json(boost::json::object{{"draining", true}}));
    room.drain(call.actor);
  };
}

}  // namespace sluice::admin
