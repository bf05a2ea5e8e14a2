#include "routing/expand.hpp"

#include <algorithm>
#include <limits>

#include <arpa/inet.h>

namespace sluice::routing {
namespace {

bool is_ipv4(const std::string& host) {
  in_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

std::string with_port(const std::string& ip, std::string_view colon_port) {
  const bool bracketed = ip.find(':') != std::string::npos && !ip.starts_with('[');
  std::string address = bracketed ? "[" + ip + "]" : ip;
  return address += colon_port;
}

std::vector<std::string> addresses_of(const std::string& address, const Resolutions& known) {
  const auto host = host_to_resolve(address);
  if (!host) return {address};
  std::vector<std::string> addresses;
  const auto found = known.find(*host);
  if (found == known.end()) return addresses;
  const std::string_view colon_port = std::string_view(address).substr(host->size());
  for (const auto& ip : found->second) {
    std::string one = with_port(ip, colon_port);
    const bool seen = std::find(addresses.begin(), addresses.end(), one) != addresses.end();
    if (!seen) addresses.push_back(std::move(one));
  }
  return addresses;
}

std::uint32_t add_weights(std::uint32_t left, std::uint32_t right) {
  const std::uint64_t sum = std::uint64_t{left} + right;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

std::optional<std::string> host_to_resolve(std::string_view address) {
  if (address.starts_with("unix:") || address.starts_with('[')) return std::nullopt;
  std::string host(address.substr(0, address.rfind(':')));
  if (is_ipv4(host)) return std::nullopt;
  return host;
}

std::vector<ConcreteEndpoint> expand_endpoints(const UpstreamSpec& spec, const Resolutions& known) {
  std::vector<ConcreteEndpoint> endpoints;
  for (const auto& written : spec.endpoints) {
    for (const auto& address : addresses_of(written.address, known)) {
      const auto twin = std::find_if(endpoints.begin(), endpoints.end(),
                                     [&](auto& one) { return one.address == address; });
      if (twin == endpoints.end()) {
        endpoints.push_back({written.address, address, written.weight});
      } else {
        twin->weight = add_weights(twin->weight, written.weight);
      }
    }
  }
  return endpoints;
}

}  // namespace sluice::routing
