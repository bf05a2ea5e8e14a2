#pragma once
// GET /api/v1/upstreams: the endpoints and what is known of their health.
#include <functional>
#include <vector>

#include "admin/exchange.hpp"
#include "health/status.hpp"

namespace sluice::admin {

// Ordered by upstream. Thread: the admin server's.
using Statuses = std::function<std::vector<health::EndpointStatus>()>;

// {"upstreams":[{"name":"blue","endpoints":[{"address":"10.0.0.1:80","name":"app.internal:80",
// "state":"unhealthy","reason":"/checks/database is false","version":"1.0","environment":"blue",
// "share_percent":100}]}]}; what is unknown is left out.
Handler make_upstreams(Statuses statuses);

}  // namespace sluice::admin
