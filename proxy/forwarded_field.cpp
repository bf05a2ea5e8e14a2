#include "proxy/forwarded_field.hpp"

#include "base/address.hpp"
#include "base/ascii.hpp"
#include "proxy/request_policy.hpp"

namespace sluice::proxy {
namespace {

// A quoted string where it must be one: ':' and '[' are in no token.
void append_value(std::string& out, std::string_view value) {
  if (is_token(value))
    out.append(value);
  else
    out.append("\"").append(value).append("\"");
}

}  // namespace

void append_forwarded(std::string& out, std::string_view ip, std::string_view host,
                      std::string_view proto) {
  if (!out.empty()) out.append(", ");
  out.append("for=");
  if (is_ipv6(ip))
    out.append("\"[").append(ip).append("]\"");
  else
    out.append(is_ipv4(ip) ? ip : "unknown");
  if (!host.empty() && is_valid_authority(host)) append_value(out.append(";host="), host);
  if (!proto.empty()) out.append(";proto=").append(proto);
}

void append_forwarded_chain(std::string& out, std::string_view chain, std::string_view host,
                            std::string_view proto) {
  for (std::string_view one = next_element(chain); !one.empty(); one = next_element(chain)) {
    append_forwarded(out, one, host, proto);
    host = proto = {};
  }
}

}  // namespace sluice::proxy
