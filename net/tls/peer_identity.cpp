#include "net/tls/peer_identity.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/hex.hpp"

namespace sluice::net::tls {
namespace {

constexpr std::size_t kNamesMax = 16;

struct FreeNames {
  void operator()(GENERAL_NAMES* it) const noexcept { GENERAL_NAMES_free(it); }
};
struct FreeBio {
  void operator()(BIO* it) const noexcept { BIO_free(it); }
};

std::string hash_of(const X509& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(&certificate, EVP_sha256(), digest, &size);
  std::string out;
  for (unsigned i = 0; i < size; ++i) out.append(&kHexPairs[digest[i] * 2U], 2);
  return out;
}

// RFC 2253 escapes what is not visible ASCII; the quotes around it need theirs.
std::string subject_of(const X509& certificate) {
  const std::unique_ptr<BIO, FreeBio> text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  std::string out;
  for (const char c : std::string_view(bytes, static_cast<std::size_t>(size))) {
    if (c == '"') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// A name that could be taken for more than one element is left out.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != ';' && c != ',' && c != '"' && c != '\\';
  });
}

void append_names(X509& certificate, std::string& out) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return;
  const auto count = static_cast<std::size_t>(sk_GENERAL_NAME_num(names.get()));
  for (std::size_t i = 0; i < std::min(count, kNamesMax); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), static_cast<int>(i));
    if (name->type != GEN_DNS && name->type != GEN_URI) continue;
    const ASN1_STRING* const string = name->d.ia5;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                                static_cast<std::size_t>(ASN1_STRING_length(string)));
    if (is_plain(text)) out.append(name->type == GEN_DNS ? ";DNS=" : ";URI=").append(text);
  }
}

}  // namespace

std::string describe_peer(X509& certificate) {
  std::string out = "Hash=" + hash_of(certificate) + ";Subject=\"" + subject_of(certificate) + "\"";
  append_names(certificate, out);
  return out;
}

}  // namespace sluice::net::tls
