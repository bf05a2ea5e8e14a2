#include "net/tls/client_context.hpp"

#include <openssl/x509v3.h>

#include "base/address.hpp"
#include "net/tls/session.hpp"

namespace sluice::net::tls {
namespace {

Result<bool, std::string> trust(SSL_CTX* context, const ClientTlsSpec& spec) {
  if (!spec.verify) return true;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (spec.ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return true;
    return Failure{"the system's trusted certificates cannot be read: " + take_complaint()};
  }
  auto store = make_store(spec.ca.content);
  if (!store) return Failure{"the CA " + store.error()};
  SSL_CTX_set1_cert_store(context, store->get());
  return true;
}

Result<bool, std::string> identify(SSL_CTX* context, const CertificateFiles& files) {
  auto own = Credentials::read(files.certificate.content, files.key.content);
  if (!own) return Failure{own.error()};
  if (SSL_CTX_use_cert_and_key(context, &own->leaf(), own->key.get(), own->chain.get(), 1) == 1)
    return true;
  return Failure{"the certificate cannot be used: " + take_complaint()};
}

}  // namespace

Result<std::shared_ptr<const ClientContext>, std::string> ClientContext::make(
    const ClientTlsSpec& spec) {
  std::shared_ptr<ClientContext> made(new ClientContext());
  made->context_ = make_context(TLS_client_method(), spec.min_version);
  made->server_name_ = spec.server_name;
  made->verify_ = spec.verify;
  SSL_CTX* const raw = made->context_.get();
  if (auto trusted = trust(raw, spec); !trusted) return Failure{trusted.error()};
  if (spec.certificate)
    if (auto own = identify(raw, *spec.certificate); !own) return Failure{own.error()};
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(raw, kProtocols, sizeof kProtocols - 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, on_session);
  return std::shared_ptr<const ClientContext>(std::move(made));
}

// Source: RFC 6066 section 3: no addresses in SNI.
void ClientContext::introduce(SSL* ssl, const std::string& host) const {
  // Without a name nothing would be compared: a name that nobody has is never right.
  const std::string& asked = server_name_.empty() ? host : server_name_;
  std::string name = asked.empty() ? "unnamed.invalid" : asked;
  const bool is_address = is_ipv4(name) || is_ipv6(name);
  if (!is_address) SSL_set_tlsext_host_name(ssl, name.data());
  if (!verify_) return;
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address)
    X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str());
  else
    X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
}

// True (1): the session is ours now.
int ClientContext::on_session(SSL* ssl, SSL_SESSION* session) {
  const auto* const ours = static_cast<const Session*>(SSL_get_app_data(ssl));
  ClientSessions* const kept = ours == nullptr ? nullptr : ours->sessions_;
  if (kept == nullptr) return 0;
  kept->keep(Owned<SSL_SESSION>(session));
  return 1;
}

}  // namespace sluice::net::tls
