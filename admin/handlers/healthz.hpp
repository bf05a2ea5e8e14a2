#pragma once
// GET /healthz: the process is alive. For liveness probes, so it depends on nothing.
#include "admin/exchange.hpp"

namespace sluice::admin {

Handler make_healthz();

}  // namespace sluice::admin
