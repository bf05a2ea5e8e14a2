#include "routing/sticky.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::routing {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kSigned = kStickyBytes - kStickyMacBytes;
using StickyBytes = std::array<std::uint8_t, kStickyBytes>;

// Big-endian fields one after the other.
class Writer {
 public:
  explicit Writer(StickyBytes& out) : next_(out.data()) {}
  void put(std::uint64_t value, unsigned bytes) noexcept {
    while (bytes-- > 0) *next_++ = static_cast<std::uint8_t>(value >> (8U * bytes));
  }

 private:
  std::uint8_t* next_;
};

class Reader {
 public:
  explicit Reader(const StickyBytes& in) : next_(in.data()) {}
  std::uint64_t get(unsigned bytes) noexcept {
    std::uint64_t value = 0;
    while (bytes-- > 0) value = (value << 8U) | *next_++;
    return value;
  }

 private:
  const std::uint8_t* next_;
};

std::string_view text_of(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An id that tells nothing about the key and does not depend on its place in the ring.
std::uint32_t key_id(const HmacSha256& key) noexcept {
  const Sha256Digest digest = key.sign("sluice sticky key id");
  return static_cast<std::uint32_t>(digest[0]) << 24U |
         static_cast<std::uint32_t>(digest[1]) << 16U |
         static_cast<std::uint32_t>(digest[2]) << 8U | digest[3];
}

StickyVerdict judge_age(std::uint64_t issued, std::uint64_t now, std::uint64_t ttl) noexcept {
  if (issued > now) {
    return issued - now > kClockSkewSeconds ? StickyVerdict::from_future : StickyVerdict::valid;
  }
  return now - issued >= ttl ? StickyVerdict::expired : StickyVerdict::valid;
}

std::string_view same_site_text(SameSite same_site) noexcept {
  switch (same_site) {
    case SameSite::lax:
      return "; SameSite=Lax";
    case SameSite::strict:
      return "; SameSite=Strict";
    case SameSite::none:
      return "; SameSite=None";
  }
  return "";
}

}  // namespace

Placement make_placement(std::uint64_t weight, std::uint64_t total) noexcept {
  if (weight == 0 || total == 0) return 0;
  if (weight >= total) return kCertain;
  __extension__ using Wide = unsigned __int128;
  const auto exact = static_cast<Placement>((static_cast<Wide>(weight) << 32U) / total);
  return std::max<Placement>(exact, 1);
}

std::string_view label(StickyVerdict verdict) noexcept {
  switch (verdict) {
    case StickyVerdict::valid:
      return "valid";
    case StickyVerdict::absent:
      return "absent";
    case StickyVerdict::malformed:
      return "malformed";
    case StickyVerdict::forged:
      return "forged";
    case StickyVerdict::expired:
      return "expired";
    case StickyVerdict::from_future:
      return "from_future";
    case StickyVerdict::stale_epoch:
      return "stale_epoch";
    case StickyVerdict::unknown_upstream:
      return "unknown_upstream";
  }
  return "unknown";
}

StickySigner::StickySigner(std::span<const std::string> keys, std::string_view route_name) {
  const std::string purpose = "sluice sticky route " + std::string(route_name);
  for (const auto& key : keys) {
    const HmacSha256 ring_key(key);
    const Sha256Digest route_key = ring_key.sign(purpose);
    keys_.push_back({key_id(ring_key), HmacSha256(text_of(route_key))});
  }
}

void StickySigner::sign(const StickyPin& pin, StickyText& out) const noexcept {
  StickyBytes bytes;
  Writer writer(bytes);
  writer.put(kVersion, 1);
  writer.put(keys_.front().id, 4);
  writer.put(pin.issued_seconds, 6);
  writer.put(pin.upstream_hash, 8);
  writer.put(pin.endpoint_hash, 8);
  writer.put(pin.epoch, 4);
  writer.put(pin.placement, 4);
  writer.put(pin.placed_by, 4);
  writer.put(pin.session, 8);
  const auto mac = keys_.front().mac.sign(text_of(std::span(bytes).first<kSigned>()));
  std::copy_n(mac.begin(), kStickyMacBytes, bytes.begin() + kSigned);
  encode_base64url(bytes, out);
}

// Two keys may share an id (one in 2^32): then each is tried.
const StickySigner::RouteKey* StickySigner::find_key(
    std::uint32_t id, std::span<const std::uint8_t> payload,
    std::span<const std::uint8_t> mac) const noexcept {
  for (const auto& key : keys_) {
    if (key.id != id) continue;
    const Sha256Digest expected = key.mac.sign(text_of(payload));
    if (equal_constant_time(std::span(expected).first<kStickyMacBytes>(), mac)) return &key;
  }
  return nullptr;
}

StickyReading StickySigner::read(std::string_view text, std::uint64_t now_seconds,
                                 std::uint64_t ttl_seconds) const noexcept {
  StickyBytes bytes;
  if (!decode_base64url(text, bytes)) return {StickyVerdict::malformed, {}};
  Reader reader(bytes);
  if (reader.get(1) != kVersion) return {StickyVerdict::malformed, {}};
  const auto id = static_cast<std::uint32_t>(reader.get(4));
  const auto whole = std::span<const std::uint8_t>(bytes);
  if (find_key(id, whole.first(kSigned), whole.subspan(kSigned)) == nullptr) {
    return {StickyVerdict::forged, {}};
  }
  StickyPin pin;
  pin.issued_seconds = reader.get(6);
  pin.upstream_hash = reader.get(8);
  pin.endpoint_hash = reader.get(8);
  pin.epoch = static_cast<std::uint32_t>(reader.get(4));
  pin.placement = static_cast<Placement>(reader.get(4));
  pin.placed_by = static_cast<std::uint32_t>(reader.get(4));
  pin.session = reader.get(8);
  const StickyVerdict verdict = judge_age(pin.issued_seconds, now_seconds, ttl_seconds);
  return {verdict, verdict == StickyVerdict::valid ? pin : StickyPin{}};
}

CookieAttributes make_cookie_attributes(std::string_view name, const CookieSpec& spec) {
  CookieAttributes cookie;
  cookie.session = spec.session;
  cookie.head = "Set-Cookie: " + std::string(name) + "=";
  std::string common = "; Path=" + spec.path;
  if (!spec.domain.empty()) common += "; Domain=" + spec.domain;
  if (spec.http_only) common += "; HttpOnly";
  common += same_site_text(spec.same_site);
  const bool always = spec.secure == CookieSecure::always;
  const bool never = spec.secure == CookieSecure::never;
  cookie.tail = common + (always ? "; Secure\r\n" : "\r\n");
  cookie.tail_secure = common + (never ? "\r\n" : "; Secure\r\n");
  return cookie;
}

void append_set_cookie(const Sticky& sticky, const StickyPin& pin, std::uint64_t now_seconds,
                       bool secure, std::string& out) {
  StickyText text;
  sticky.signer->sign(pin, text);
  out += sticky.cookie.head;
  out.append(text.data(), text.size());
  if (!sticky.cookie.session) {
    const std::uint64_t age =
        now_seconds > pin.issued_seconds ? now_seconds - pin.issued_seconds : 0;
    std::array<char, 20> digits;
    const std::uint64_t left = sticky.ttl_seconds - std::min(age, sticky.ttl_seconds);
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), left).ptr;
    out += "; Max-Age=";
    out.append(digits.data(), end);
  }
  out += secure ? sticky.cookie.tail_secure : sticky.cookie.tail;
}

}  // namespace sluice::routing
