#pragma once
// Writes the elements of the field `Forwarded`.
//
// Path:   hot where a listener asks for the field; allocates only when `out` is outgrown.
// Source: RFC 7239 sections 4, 6 and 7.4.
#include <string>
#include <string_view>

namespace sluice::proxy {

// Appends `for=...;host=...;proto=...`. `ip`: without port and brackets, else it is `unknown`.
// `host` and `proto` are left out when they are empty; so is a host that is none.
void append_forwarded(std::string& out, std::string_view ip, std::string_view host,
                      std::string_view proto);

// Turns a list of X-Forwarded-For into elements; `host` and `proto` go with the first.
void append_forwarded_chain(std::string& out, std::string_view chain, std::string_view host,
                            std::string_view proto);

}  // namespace sluice::proxy
