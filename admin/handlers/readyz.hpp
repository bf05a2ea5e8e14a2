#pragma once
// GET /readyz: whether traffic should be sent here.
#include <functional>
#include <string>
#include <vector>

#include "admin/exchange.hpp"

namespace sluice::admin {

// Why the proxy should get no traffic, one sentence each; none: it is ready.
// Thread: the admin server's.
using Obstacles = std::function<std::vector<std::string>()>;

// 200, or 503 as problem+json with the sentences.
Handler make_readyz(Obstacles obstacles);

}  // namespace sluice::admin
