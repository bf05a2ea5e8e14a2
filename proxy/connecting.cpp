#include "proxy/connecting.hpp"

#include "net/proxy_protocol.hpp"

namespace sluice::proxy {

ConnectRefusal refusal_of(const upstream::Leased& leased) noexcept {
  if (leased.wait == upstream::WaitEnd::queue_full)
    return {FailureKind::queue_full, "the endpoint is busy and its queue is full"};
  if (leased.wait == upstream::WaitEnd::timed_out)
    return {FailureKind::queue_timeout, "the endpoint was busy for too long"};
  if (leased.status == net::IoStatus::exhausted)
    return {FailureKind::overloaded, "the proxy is out of descriptors"};
  if (leased.status == net::IoStatus::timed_out)
    return {FailureKind::connect_timeout, "the upstream did not accept in time"};
  if (leased.status == net::IoStatus::insecure)
    return {FailureKind::tls_failed, "TLS with the upstream came to nothing"};
  return {FailureKind::connect_failed, "the upstream refused the connection"};
}

std::string preface_for(const routing::UpstreamSpec& spec, const Peer& peer) {
  if (spec.send_proxy == routing::SendProxy::off) return {};
  const bool v6 = peer.ip.find(':') != std::string::npos;
  const auto source =
      net::Address::parse((v6 ? "[" + peer.ip + "]" : peer.ip) + ":" + std::to_string(peer.port));
  return net::write_proxy_header(
      spec.send_proxy == routing::SendProxy::v1 ? net::ProxyVersion::v1 : net::ProxyVersion::v2,
      source.value_or(net::Address()), *peer.local);
}

}  // namespace sluice::proxy
