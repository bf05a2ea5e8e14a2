#pragma once
// The few cryptographic tools of the house: keyed MACs, constant-time comparison, secret randomness
// and the two base64 alphabets. OpenSSL's libcrypto does the arithmetic.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <openssl/sha.h>

namespace sluice {

using Sha256Digest = std::array<std::uint8_t, 32>;

// HMAC-SHA256 under one key. The two key blocks are hashed once, in the constructor; a message then
// costs two block compressions and no allocation (EVP_MAC costs several times as much for a short
// message and a context that threads cannot share).
// Thread: any number at once; immutable. Path: sign is hot. Source: RFC 2104, RFC 4231.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key) noexcept;
  Sha256Digest sign(std::string_view message) const noexcept;

 private:
  SHA256_CTX inner_{};  // after the block of key ^ ipad
  SHA256_CTX outer_{};  // after the block of key ^ opad
};

// Whether the two are the same, in a time that depends on their length only.
bool equal_constant_time(std::span<const std::uint8_t> left,
                         std::span<const std::uint8_t> right) noexcept;

// Bytes fit for keys and tokens. Path: cold.
// Errors: ends the process when the system has no entropy to give: there is no safe way on.
void random_bytes(std::span<std::uint8_t> out) noexcept;

constexpr std::size_t base64url_size(std::size_t bytes) {
  return (bytes * 8U + 5U) / 6U;
}

// URL-safe alphabet, no padding (RFC 4648 section 5). `out` must hold base64url_size(in.size()).
// Path: hot, no allocation.
void encode_base64url(std::span<const std::uint8_t> in, std::span<char> out) noexcept;

// The inverse; `out` must be exactly as long as the text decodes to. Strict: false on any other
// character, padding, an impossible length, or bits set that no encoder would set, so that each
// byte string has one text. Path: hot, no allocation.
bool decode_base64url(std::string_view text, std::span<std::uint8_t> out) noexcept;

// Standard alphabet with padding (RFC 4648 section 4), strict in the same sense. Path: cold.
std::string encode_base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace sluice
