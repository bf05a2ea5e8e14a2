#pragma once
// The table of everything that the admin listener serves. GET /openapi.json is made from it.
#include <string>

#include "admin/control_room.hpp"
#include "admin/router.hpp"

namespace sluice::admin {

Router make_router(const ControlRoom& room, const std::string& version);

// The table as an OpenAPI 3.0 document. What every resource may answer (400, 401, 403, 421, 429,
// for writes with a body 413 and 415) is added to what it says itself.
std::string describe_api(const Router& router, const std::string& version);

}  // namespace sluice::admin
