// The block functions of SHA-256 are deprecated in OpenSSL 3 in favour of EVP, which cannot copy a
// half-finished hash without allocating. They are what makes a MAC cheap and shareable here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/crypto.hpp"

#include <cstdio>
#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace sluice {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xff;

using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable make_digits(std::string_view alphabet) {
  DigitTable digits{};
  for (auto& digit : digits) digit = kNoDigit;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr DigitTable kUrlDigits = make_digits(kUrlAlphabet);
constexpr DigitTable kDigits = make_digits(kAlphabet);

void start(SHA256_CTX& context, const std::array<std::uint8_t, kBlock>& key, std::uint8_t pad) {
  std::array<std::uint8_t, kBlock> block = key;
  for (auto& byte : block) byte ^= pad;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

// Six bits a character, most significant first; no padding.
void encode(std::span<const std::uint8_t> in, std::string_view alphabet, char* out) noexcept {
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : in) {
    bits = (bits << 8U) | byte;
    for (held += 8; held >= 6; held -= 6) *out++ = alphabet[(bits >> (held - 6)) & 63U];
  }
  if (held > 0) *out = alphabet[(bits << (6 - held)) & 63U];
}

bool decode(std::string_view text, const DigitTable& digits, std::span<std::uint8_t> out) noexcept {
  if (text.size() != base64url_size(out.size())) return false;
  std::uint32_t bits = 0;
  unsigned held = 0;
  auto next = out.begin();
  for (const char character : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(character)];
    if (digit == kNoDigit) return false;
    bits = (bits << 6U) | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *next++ = static_cast<std::uint8_t>(bits >> held);
  }
  return (bits & ((1U << held) - 1U)) == 0;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) noexcept {
  std::array<std::uint8_t, kBlock> block{};
  if (key.size() > kBlock) {
    SHA256(bytes_of(key).data(), key.size(), block.data());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  start(inner_, block, 0x36);
  start(outer_, block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

Sha256Digest HmacSha256::sign(std::string_view message) const noexcept {
  Sha256Digest digest;
  SHA256_CTX context = inner_;
  SHA256_Update(&context, message.data(), message.size());
  SHA256_Final(digest.data(), &context);
  context = outer_;
  SHA256_Update(&context, digest.data(), digest.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

bool equal_constant_time(std::span<const std::uint8_t> left,
                         std::span<const std::uint8_t> right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

void random_bytes(std::span<std::uint8_t> out) noexcept {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) == 1) return;
  std::fputs("sluice: the system gives no randomness\n", stderr);
  std::abort();
}

void encode_base64url(std::span<const std::uint8_t> in, std::span<char> out) noexcept {
  encode(in, kUrlAlphabet, out.data());
}

bool decode_base64url(std::string_view text, std::span<std::uint8_t> out) noexcept {
  return decode(text, kUrlDigits, out);
}

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  encode(bytes_of(bytes), kAlphabet, text.data());
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int pads = 0; pads < 2 && text.ends_with('='); ++pads) text.remove_suffix(1);
  std::string bytes(text.size() * 6 / 8, '\0');
  const std::span<std::uint8_t> out{reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  if (!decode(text, kDigits, out)) return std::nullopt;
  return bytes;
}

}  // namespace sluice
