#pragma once
// X.509 certificates and private keys as PEM text: whether they can be used, and what they say.
// OpenSSL's libcrypto reads them.
//
// Thread: any.   Path: cold.
// Errors: the rest of a sentence that begins with the file's name: "has no certificate in it".
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/result.hpp"

namespace sluice {

struct FreeX509 {
  void operator()(X509* it) const noexcept { X509_free(it); }
  void operator()(EVP_PKEY* it) const noexcept { EVP_PKEY_free(it); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeX509>;
using WallClock = std::chrono::system_clock;

// All certificates of the text in their order; at least one. A block that is cut off or broken is
// an error, wherever it stands.
Result<std::vector<Certificate>, std::string> read_certificates(std::string_view pem);
// Errors: also for a key that is encrypted.
Result<PrivateKey, std::string> read_private_key(std::string_view pem);

bool belong_together(X509& certificate, EVP_PKEY& key) noexcept;

// The host names that it is for, in lower case: DNS names of the subjectAltName, some with a "*."
// before them; the common name only where there is no such name (RFC 6125 section 6.4.4).
std::vector<std::string> host_names(X509& certificate);
WallClock::time_point not_before(X509& certificate) noexcept;
WallClock::time_point not_after(X509& certificate) noexcept;

// Whether `host` (lower case) is one that `pattern` is for: itself, or with "*." exactly one label.
bool covers(std::string_view pattern, std::string_view host) noexcept;

// Why a chain and its key cannot serve at `now`: nothing when they can.
struct PairProblem {
  enum class Of : std::uint8_t { certificate, key };
  Of of;
  std::string what;
};
std::optional<PairProblem> find_problem(std::string_view certificate_pem, std::string_view key_pem,
                                        WallClock::time_point now);

}  // namespace sluice
