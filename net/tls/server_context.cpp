#include "net/tls/server_context.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/ascii.hpp"
#include "base/crypto.hpp"
#include "net/tls/session.hpp"

namespace sluice::net::tls {
namespace {

constexpr std::size_t kHostMax = 255;
constexpr long kSessionSeconds = 7'200;  // tickets are understood for at least as long

Sha256Digest digest_of(std::string_view text) noexcept {
  Sha256Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

// The name that the client asks for, in lower case; empty when it asks for none. Source: RFC 6066
// section 3: a list of one name of type host_name.
std::string asked_host(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return {};
  if (size < 5 || bytes[2] != TLSEXT_NAMETYPE_host_name) return {};
  const std::size_t length = static_cast<std::size_t>(bytes[3]) << 8U | bytes[4];
  if (length + 5 > size || length > kHostMax) return {};
  std::string host(reinterpret_cast<const char*>(bytes + 5), length);
  for (char& c : host) c = to_lower(c);
  return host;
}

bool have_same_kind(const ServerContext::Identity& a, const ServerContext::Identity& b) noexcept {
  return EVP_PKEY_get_base_id(a.credentials.key.get()) ==
         EVP_PKEY_get_base_id(b.credentials.key.get());
}

void add_unless_kind_is_there(ServerContext::Identities& to,
                              const ServerContext::Identity& identity) {
  if (std::none_of(to.begin(), to.end(),
                   [&](const auto* other) { return have_same_kind(*other, identity); }))
    to.push_back(&identity);
}

}  // namespace

ServerContext::ServerContext(TicketKeys& tickets)
    : tickets_(tickets), ticket_cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {}

Result<std::shared_ptr<const ServerContext>, std::string> ServerContext::make(
    const ServerTlsSpec& spec, std::string realm, TicketKeys& tickets) {
  std::shared_ptr<ServerContext> made(new ServerContext(tickets));
  made->context_ = make_context(TLS_server_method(), spec.min_version);
  made->strict_sni_ = spec.strict_sni;
  made->realm_ = std::move(realm);
  for (const CertificateFiles& files : spec.certificates)
    if (auto added = made->add(files); !added) return Failure{added.error()};
  if (made->identities_.empty()) return Failure{std::string("there is no certificate")};
  if (auto asked = made->ask_clients(spec); !asked) return Failure{asked.error()};
  made->choose_default();
  made->set_callbacks();
  return std::shared_ptr<const ServerContext>(std::move(made));
}

Result<bool, std::string> ServerContext::add(const CertificateFiles& files) {
  auto credentials = Credentials::read(files.certificate.content, files.key.content);
  if (!credentials) return Failure{credentials.error()};
  auto identity = std::make_unique<Identity>();
  identity->credentials = std::move(credentials).value();
  identity->names = host_names(identity->credentials.leaf());
  identity->ocsp = files.ocsp.content;
  for (const std::string& name : identity->names)
    add_unless_kind_is_there(by_name_[name], *identity);
  identities_.push_back(std::move(identity));
  return true;
}

Result<bool, std::string> ServerContext::ask_clients(const ServerTlsSpec& spec) {
  if (spec.client_ca.empty()) return true;
  auto store = make_store(spec.client_ca.content);
  if (!store) return Failure{"the CA of clients " + store.error()};
  const auto certificates = read_certificates(spec.client_ca.content);
  for (const Certificate& one : certificates.value())
    SSL_CTX_add_client_CA(context_.get(), one.get());
  SSL_CTX_set1_verify_cert_store(context_.get(), store->get());
  const bool required = spec.client_auth == ClientAuth::required;
  SSL_CTX_set_verify(context_.get(),
                     SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  realm_.append(1, '\0').append(required ? "required" : "optional").append(spec.client_ca.content);
  return true;
}

// The first certificate, and those of other kinds that are for the same name.
void ServerContext::choose_default() {
  const Identity& first = *identities_.front();
  default_.push_back(&first);
  if (!first.names.empty())
    for (const Identity* const other : by_name_[first.names.front()])
      add_unless_kind_is_there(default_, *other);
  for (const Identity* const one : default_)
    SSL_CTX_use_cert_and_key(context_.get(), &one->credentials.leaf(), one->credentials.key.get(),
                             one->credentials.chain.get(), 1);
}

void ServerContext::set_callbacks() {
  SSL_CTX* const raw = context_.get();
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets only
  SSL_CTX_set_timeout(raw, kSessionSeconds);
  SSL_CTX_set_app_data(raw, this);
  SSL_CTX_set_client_hello_cb(raw, on_client_hello, this);
  SSL_CTX_set_cert_cb(raw, on_certificate, this);
  SSL_CTX_set_tlsext_status_cb(raw, on_status);
  SSL_CTX_set_tlsext_status_arg(raw, this);
  SSL_CTX_set_alpn_select_cb(raw, on_alpn, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, on_ticket);
}

const ServerContext::Identities* ServerContext::find_identities(std::string_view host) const {
  if (const auto exact = by_name_.find(std::string(host)); exact != by_name_.end())
    return &exact->second;
  const std::size_t dot = host.find('.');
  if (dot != std::string_view::npos && dot != 0) {
    const auto wild = by_name_.find("*" + std::string(host.substr(dot)));
    if (wild != by_name_.end()) return &wild->second;
  }
  return strict_sni_ ? nullptr : &default_;
}

// Before anything is decided, resumption too.
int ServerContext::on_client_hello(SSL* ssl, int* alert, void* self) {
  const auto& context = *static_cast<const ServerContext*>(self);
  Session& session = Session::of(ssl);
  const std::string host = asked_host(ssl);
  session.identities_ = context.find_identities(host);
  if (session.identities_ == nullptr) {
    session.failure_ = HandshakeFailure::unknown_name;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  std::string bound = context.realm_;
  const Sha256Digest digest = digest_of(bound.append(1, '\0').append(host));
  SSL_set_session_id_context(ssl, digest.data(), digest.size());
  return SSL_CLIENT_HELLO_SUCCESS;
}

// Only when a certificate is to be shown.
int ServerContext::on_certificate(SSL* ssl, void* self) {
  const auto& context = *static_cast<const ServerContext*>(self);
  const Identities* const chosen = Session::of(ssl).identities_;
  if (chosen == nullptr || *chosen == context.default_) return 1;  // the context's own
  return install(ssl, *chosen) ? 1 : 0;
}

bool ServerContext::install(SSL* ssl, const Identities& identities) {
  SSL_certs_clear(ssl);
  return std::all_of(identities.begin(), identities.end(), [ssl](const Identity* one) {
    return SSL_use_cert_and_key(ssl, &one->credentials.leaf(), one->credentials.key.get(),
                                one->credentials.chain.get(), 1) == 1;
  });
}

int ServerContext::on_status(SSL* ssl, void*) {
  const Identities* const chosen = Session::of(ssl).identities_;
  const X509* const shown = SSL_get_certificate(ssl);
  if (chosen == nullptr || shown == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto identity = std::find_if(chosen->begin(), chosen->end(), [&](const Identity* one) {
    return &one->credentials.leaf() == shown;
  });
  if (identity == chosen->end() || (*identity)->ocsp.empty()) return SSL_TLSEXT_ERR_NOACK;
  const std::string& response = (*identity)->ocsp;
  SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup(response.data(), response.size()),
                                  static_cast<long>(response.size()));
  return SSL_TLSEXT_ERR_OK;
}

// Source: RFC 7301 section 3.2: nothing in common is an error.
int ServerContext::on_alpn(SSL*, const unsigned char** out, unsigned char* size,
                           const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1\x08http/1.0";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Source: SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 0: unknown, 1: good, 2: good, give a new one.
int ServerContext::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv,
                             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  const auto& context =
      *static_cast<const ServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const auto now = std::chrono::steady_clock::now();
  TicketKeys::Found found{nullptr, true};
  if (sealing != 0) {
    found.key = &context.tickets_.current(now);
    std::memcpy(name, found.key->name.data(), found.key->name.size());
    if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
  } else {
    found = context.tickets_.find(std::span<const std::uint8_t, 16>(name, 16), now);
    if (found.key == nullptr) return 0;
  }
  const EVP_CIPHER* const how = context.ticket_cipher_.get();
  if (EVP_CipherInit_ex2(cipher, how, found.key->cipher.data(), iv, sealing, nullptr) != 1)
    return -1;
  std::array<std::uint8_t, 32> key = found.key->mac;
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, params) != 1) return -1;
  // Clients use a ticket of TLS 1.3 once (RFC 8446 appendix C.4): they get another.
  const bool renew = sealing == 0 && (!found.fresh || SSL_version(ssl) == TLS1_3_VERSION);
  return renew ? 2 : 1;
}

}  // namespace sluice::net::tls
