#include "base/certificate.hpp"

#include <ctime>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/ascii.hpp"

namespace sluice {
namespace {

struct FreeBio {
  void operator()(BIO* it) const noexcept { BIO_free(it); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* it) const noexcept { GENERAL_NAMES_free(it); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio open_text(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::size_t count(std::string_view text, std::string_view mark) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string_view::npos; at += mark.size())
    ++found;
  return found;
}

// Nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

// A NUL within would make "good.example\0.evil.example" look like another name (CVE-2009-2408).
std::optional<std::string> text_of(const ASN1_STRING* string) {
  const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  const std::string_view text(bytes, static_cast<std::size_t>(ASN1_STRING_length(string)));
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  return lower(text);
}

std::vector<std::string> common_name(X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const auto name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return name ? std::vector{*name} : std::vector<std::string>();
}

WallClock::time_point time_of(const ASN1_TIME* time) noexcept {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return WallClock::time_point::min();
  return WallClock::from_time_t(::timegm(&parts));
}

std::string day_of(WallClock::time_point time) {
  const std::time_t seconds = WallClock::to_time_t(time);
  std::tm parts{};
  char text[32];
  ::gmtime_r(&seconds, &parts);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

}  // namespace

Result<std::vector<Certificate>, std::string> read_certificates(std::string_view pem) {
  const std::size_t announced = count(pem, "-----BEGIN CERTIFICATE-----") +
                                count(pem, "-----BEGIN TRUSTED CERTIFICATE-----") +
                                count(pem, "-----BEGIN X509 CERTIFICATE-----");
  if (announced == 0) return Failure{std::string("has no certificate in it")};
  const Bio text = open_text(pem);
  std::vector<Certificate> out;
  while (X509* const one = PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr))
    out.emplace_back(one);
  ERR_clear_error();
  if (out.size() == announced) return out;
  return Failure{"is broken or cut off in its certificate " + std::to_string(out.size() + 1)};
}

Result<PrivateKey, std::string> read_private_key(std::string_view pem) {
  const Bio text = open_text(pem);
  PrivateKey key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key) return key;
  if (pem.find("ENCRYPTED") != std::string_view::npos)
    return Failure{std::string("is encrypted, and nobody is here to be asked for its passphrase")};
  if (pem.find("PRIVATE KEY-----") == std::string_view::npos)
    return Failure{std::string("has no private key in it")};
  return Failure{std::string("has a private key that is broken or cut off")};
}

bool belong_together(X509& certificate, EVP_PKEY& key) noexcept {
  const bool same = X509_check_private_key(&certificate, &key) == 1;
  ERR_clear_error();
  return same;
}

std::vector<std::string> host_names(X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> out;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    if (auto text = text_of(name->d.dNSName)) out.push_back(*std::move(text));
  }
  return out.empty() ? common_name(certificate) : out;
}

WallClock::time_point not_before(X509& certificate) noexcept {
  return time_of(X509_get0_notBefore(&certificate));
}

WallClock::time_point not_after(X509& certificate) noexcept {
  return time_of(X509_get0_notAfter(&certificate));
}

bool covers(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && host.substr(dot) == pattern.substr(1);
}

std::optional<PairProblem> find_problem(std::string_view certificate_pem, std::string_view key_pem,
                                        WallClock::time_point now) {
  using enum PairProblem::Of;
  const auto chain = read_certificates(certificate_pem);
  if (!chain) return PairProblem{certificate, chain.error()};
  X509& leaf = *chain.value().front();
  if (not_after(leaf) <= now)
    return PairProblem{certificate, "has expired on " + day_of(not_after(leaf))};
  if (not_before(leaf) > now)
    return PairProblem{certificate, "is not valid before " + day_of(not_before(leaf))};
  const auto secret = read_private_key(key_pem);
  if (!secret) return PairProblem{key, secret.error()};
  if (belong_together(leaf, *secret.value())) return std::nullopt;
  return PairProblem{key, "is not the private key of the certificate"};
}

}  // namespace sluice
