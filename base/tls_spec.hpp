#pragma once
// What a user may write about TLS, whichever side of it we are on: files, with what was in them
// when the configuration was read, so that another content is another configuration.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

struct FileText {
  std::string path;     // absolute
  std::string content;  // a secret, maybe: never shown
  bool empty() const noexcept { return path.empty(); }
  friend bool operator==(const FileText&, const FileText&) = default;
};

struct CertificateFiles {
  FileText certificate = {};  // PEM: the leaf, then those that vouch for it
  FileText key = {};          // PEM
  FileText ocsp = {};         // DER: the response that is stapled to it; empty: none
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };
enum class ClientAuth : std::uint8_t { required, optional };

// The side that is connected to. `client_auth` counts where there is a `client_ca`.
struct ServerTlsSpec {
  std::vector<CertificateFiles> certificates = {};  // the first is for whoever names nobody known
  TlsVersion min_version = TlsVersion::tls_1_2;
  bool strict_sni = false;  // who names nobody known is refused
  FileText client_ca = {};  // PEM; empty: clients are not asked for certificates
  ClientAuth client_auth = ClientAuth::required;
  friend bool operator==(const ServerTlsSpec&, const ServerTlsSpec&) = default;
};

// The side that connects.
struct ClientTlsSpec {
  bool verify = true;
  FileText ca = {};              // PEM; empty: those that the system trusts
  std::string server_name = {};  // whom to ask for and to expect; empty: the endpoint's host
  std::optional<CertificateFiles> certificate = {};
  TlsVersion min_version = TlsVersion::tls_1_2;
  friend bool operator==(const ClientTlsSpec&, const ClientTlsSpec&) = default;
};

}  // namespace sluice
