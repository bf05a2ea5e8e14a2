#pragma once
// Decides what a well-formed response head means: framing, whether its connection may be used
// again. Refuses what two readers could take for different messages. Marks what is not forwarded.
//
// Path:   hot.   Pure.
// Source: design rows 24-26; RFC 9112 section 6.3; RFC 9110 sections 15.2, 7.8.
#include <string_view>

#include "proxy/message.hpp"

namespace sluice::proxy {

// `offered`: the protocols in the request's Upgrade, one of which 101 must name; empty: none.
// Errors: a static text for the log; empty when the response is sound.
std::string_view apply_response_policy(ResponseHead& head, Method method,
                                       std::string_view offered) noexcept;

}  // namespace sluice::proxy
