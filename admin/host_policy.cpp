#include "admin/host_policy.hpp"

#include <algorithm>

#include "base/address.hpp"
#include "base/parse.hpp"

namespace sluice::admin {
namespace {

bool is_port_or_nothing(std::string_view text) {
  return text.empty() || (text.front() == ':' && parse_integer(text.substr(1), 0, 65'535).ok());
}

bool is_localhost(std::string_view name) {
  const auto same = [](char given, char lower) {
    return given == lower || (given >= 'A' && given <= 'Z' && given - 'A' + 'a' == lower);
  };
  return std::ranges::equal(name, std::string_view("localhost"), same);
}

}  // namespace

bool may_name_us(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end != std::string_view::npos && is_ipv6(host.substr(1, end - 1)) &&
           is_port_or_nothing(host.substr(end + 1));
  }
  const auto colon = std::min(host.find(':'), host.size());
  const std::string_view name = host.substr(0, colon);
  return (is_ipv4(name) || is_localhost(name)) && is_port_or_nothing(host.substr(colon));
}

}  // namespace sluice::admin
