#pragma once
// The rollout of a route: looked at, started, steered.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/routes/{route}/rollout
Handler make_get_rollout(ControlRoom room);
// POST /api/v1/routes/{route}/rollout: {"reason":"..."}: starts the one of the configuration. POST
// .../rollout/{pause,resume,promote,abort,undo,approve}; promote takes "full". The answer is that
// of GET; the weights follow.
Handler make_rollout_command(ControlRoom room, control::RolloutCommand command);

}  // namespace sluice::admin
