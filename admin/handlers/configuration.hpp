#pragma once
// The configuration: shown, judged, read anew.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/config: the one that is served, as YAML, every default spelt out, no secret in it.
Handler make_get_config(ControlRoom room);
// POST /api/v1/config/validate, a file as application/yaml: {"valid":true} or 422 with every error
// in `errors`, its place in `pointer` ("14:9 upstreams.blue"). Files that it names are looked for
// beside the one that is served.
Handler make_validate_config(ControlRoom room);
// POST /api/v1/config/reload: as HUP; {"generation":43} once every worker serves it, or 422.
Handler make_reload_config(ControlRoom room);

}  // namespace sluice::admin
