#pragma once
// Whether a Host header may name this listener. A web page can make a browser connect to loopback
// under a name of its own (DNS rebinding); an IP literal or localhost cannot be rebound.
#include <string_view>

namespace sluice::admin {

// `host` as in the header, with or without a port.
bool may_name_us(std::string_view host);

}  // namespace sluice::admin
