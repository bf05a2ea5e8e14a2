#include "app/tls_files.hpp"

#include <algorithm>

#include "telemetry/families.hpp"

namespace sluice::app {
namespace {

using net::tls::HandshakeFailure;

// Calls `use` with every certificate of ours.
template <class Use>
void each_certificate(const config::Configuration& configuration, Use use) {
  for (const auto& listener : configuration.listeners)
    if (listener.tls)
      for (const CertificateFiles& one : listener.tls->certificates) use(one);
  for (const auto& upstream : configuration.routing.upstreams)
    if (upstream.tls && upstream.tls->certificate) use(*upstream.tls->certificate);
}

prometheus::MetricFamily handshakes_of(
    const std::vector<std::shared_ptr<const proxy::Listener>>& listeners) {
  telemetry::FamilyBuilder family("sluice_tls_handshakes_total",
                                  "Handshakes of clients, by how they ended.",
                                  prometheus::MetricType::Counter);
  for (const auto& listener : listeners)
    for (std::size_t i = 0; listener->spec.tls && i < net::tls::kHandshakeFailures; ++i) {
      const auto how = static_cast<HandshakeFailure>(i);
      family.add({{"listener", listener->spec.name}, {"result", net::tls::label(how)}},
                 static_cast<double>(listener->counts->handshakes.of(how)));
    }
  return family.take();
}

prometheus::MetricFamily resumptions_of(
    const std::vector<std::shared_ptr<const proxy::Listener>>& listeners) {
  telemetry::FamilyBuilder family("sluice_tls_resumptions_total",
                                  "Handshakes of clients that resumed a session.",
                                  prometheus::MetricType::Counter);
  for (const auto& listener : listeners)
    if (listener->spec.tls)
      family.add({{"listener", listener->spec.name}},
                 static_cast<double>(listener->counts->handshakes.resumed()));
  return family.take();
}

prometheus::MetricFamily bad_proxy_headers_of(
    const std::vector<std::shared_ptr<const proxy::Listener>>& listeners) {
  telemetry::FamilyBuilder family("sluice_bad_proxy_headers_total",
                                  "Connections of trusted proxies without a good PROXY header.",
                                  prometheus::MetricType::Counter);
  for (const auto& listener : listeners)
    if (listener->spec.proxy_protocol)
      family.add(
          {{"listener", listener->spec.name}},
          static_cast<double>(listener->counts->bad_proxy_headers.load(std::memory_order_relaxed)));
  return family.take();
}

}  // namespace

std::set<std::string> tls_files(const config::Configuration& configuration) {
  std::set<std::string> files;
  each_certificate(configuration, [&](const CertificateFiles& one) {
    files.insert({one.certificate.path, one.key.path, one.ocsp.path});
  });
  for (const auto& listener : configuration.listeners)
    if (listener.tls) files.insert(listener.tls->client_ca.path);
  for (const auto& upstream : configuration.routing.upstreams)
    if (upstream.tls) files.insert(upstream.tls->ca.path);
  files.erase("");
  return files;
}

void TlsMetrics::add_listener(std::shared_ptr<const proxy::Listener> listener) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const auto& one) { return one->spec.name == listener->spec.name; });
  listeners_.push_back(std::move(listener));
}

void TlsMetrics::serve(const config::Configuration& configuration) {
  std::vector<std::pair<std::string, WallClock::time_point>> expiries;
  each_certificate(configuration, [&](const CertificateFiles& one) {
    const auto read = read_certificates(one.certificate.content);
    if (read) expiries.emplace_back(one.certificate.path, not_after(*read.value().front()));
  });
  std::sort(expiries.begin(), expiries.end());
  expiries.erase(std::unique(expiries.begin(), expiries.end()), expiries.end());
  const std::lock_guard lock(mutex_);
  expiries_ = std::move(expiries);
}

std::vector<prometheus::MetricFamily> TlsMetrics::Collect() const {
  const std::lock_guard lock(mutex_);
  telemetry::FamilyBuilder family("sluice_certificate_expiry_timestamp_seconds",
                                  "When a certificate of ours ceases to be valid, by its file.",
                                  prometheus::MetricType::Gauge);
  for (const auto& [name, when] : expiries_)
    family.add({{"name", name}}, static_cast<double>(WallClock::to_time_t(when)));
  return {family.take(), handshakes_of(listeners_), resumptions_of(listeners_),
          bad_proxy_headers_of(listeners_)};
}

}  // namespace sluice::app
