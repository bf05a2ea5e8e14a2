#pragma once
// Experiments: looked at, started, stopped, told what users do.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/experiments
Handler make_experiments(ControlRoom room);
// GET /api/v1/experiments/{experiment}
Handler make_get_experiment(ControlRoom room);
// POST .../start: {"reason":"..."}: sets the weights of its route and counts from 0.
Handler make_start_experiment(ControlRoom room);
// POST .../stop: counts no more; the weights stay, for somebody to decide about.
Handler make_stop_experiment(ControlRoom room);
// POST .../events: {"event":"purchase","arm":"green"}, with "key" of a user that is counted once;
// or
// {"event":"purchase","counts":{"blue":31,"green":29}} of different users of all arms.
Handler make_experiment_event(ControlRoom room);

}  // namespace sluice::admin
