// Any bytes as a PROXY header: the same answer in pieces, and what was read can be written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_protocol.hpp"

using sluice::net::ProxyHeader;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using Kind = ProxyHeader::Kind;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const ProxyHeader whole = sluice::net::read_proxy_header(input);
  const bool read = whole.kind == Kind::client || whole.kind == Kind::local;
  if (read && (whole.size == 0 || whole.size > size)) std::abort();
  for (std::size_t part = 0; part < size; ++part) {
    const ProxyHeader header = sluice::net::read_proxy_header(input.substr(0, part));
    if (header.kind == Kind::incomplete) continue;
    if (header.kind != whole.kind || header.size != whole.size) std::abort();
  }
  if (whole.kind != Kind::client) return 0;
  for (const auto version : {sluice::net::ProxyVersion::v1, sluice::net::ProxyVersion::v2}) {
    const std::string written =
        sluice::net::write_proxy_header(version, whole.source, whole.source);
    const ProxyHeader again = sluice::net::read_proxy_header(written);
    if (again.kind != Kind::client || again.size != written.size()) std::abort();
    if (again.source.ip_text() != whole.source.ip_text()) std::abort();
    if (again.source.port() != whole.source.port()) std::abort();
  }
  return 0;
}
