#pragma once
// Decides whether a cookie is a pin that we signed for this route, and makes such cookies.
//
// Shape: base64url(version 1 | key id 4 | issued 6 | upstream 8 | endpoint 8 | epoch 4 |
//        placement 4 | placed by 4 | session 8 | mac 16), big-endian, 63 bytes, 84 characters.
// Thread: immutable, shared by all workers. Path: hot, no allocation.
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "routing/spec.hpp"

namespace sluice::routing {

// A probability as a 32-bit fixed point number: value / 2^32, and the largest value means 1.
using Placement = std::uint32_t;
inline constexpr Placement kCertain = 0xffffffffU;

constexpr double probability(Placement placement) noexcept {
  return placement == kCertain ? 1.0 : static_cast<double>(placement) / 4294967296.0;
}
// weight / total, rounded down but at least one step when weight > 0; 0 when total is 0.
Placement make_placement(std::uint64_t weight, std::uint64_t total) noexcept;

struct StickyPin {
  std::uint64_t issued_seconds = 0;  // Units: seconds since 1970
  std::uint64_t upstream_hash = 0;
  std::uint64_t endpoint_hash = 0;  // 0: no endpoint pinned
  std::uint32_t epoch = 0;          // of the upstream when the session was placed
  Placement placement = 0;          // with which the session was placed
  std::uint32_t placed_by = 0;      // Placements::id of that draw
  std::uint64_t session = 0;        // random: tells it from others that were placed alike
  friend bool operator==(const StickyPin&, const StickyPin&) = default;
};

enum class StickyVerdict : std::uint8_t {
  valid,
  absent,
  malformed,
  forged,  // not signed for this route by a key of the ring
  expired,
  from_future,
  stale_epoch,       // its upstream was reverted since
  unknown_upstream,  // its upstream is no longer in the split
};

std::string_view label(StickyVerdict verdict) noexcept;

inline constexpr std::size_t kStickyBytes = 63;
inline constexpr std::size_t kStickyMacBytes = 16;
inline constexpr std::size_t kStickyText = base64url_size(kStickyBytes);
inline constexpr std::uint64_t kClockSkewSeconds = 60;  // between replicas that share keys
inline constexpr std::size_t kStickyKeyBytesMin = 16;

using StickyText = std::array<char, kStickyText>;

struct StickyReading {
  StickyVerdict verdict = StickyVerdict::absent;  // valid, malformed, forged, expired, from_future
  StickyPin pin;                                  // only when valid
};

// The keys of one route. Each key of the ring is turned into a route key, so that a cookie of one
// route is a forgery on another.
// Invariant: the first key signs, all verify; the key id in the cookie says which one to try.
class StickySigner {
 public:
  // Keys newest first, at least one, each of at least kStickyKeyBytesMin bytes.
  StickySigner(std::span<const std::string> keys, std::string_view route_name);

  void sign(const StickyPin& pin, StickyText& out) const noexcept;

  // Everything that can be known without the snapshot's upstreams. ttl in seconds.
  StickyReading read(std::string_view text, std::uint64_t now_seconds,
                     std::uint64_t ttl_seconds) const noexcept;

 private:
  struct RouteKey {
    std::uint32_t id;
    HmacSha256 mac;
  };
  const RouteKey* find_key(std::uint32_t id, std::span<const std::uint8_t> payload,
                           std::span<const std::uint8_t> mac) const noexcept;
  std::vector<RouteKey> keys_;
};

// The parts of Set-Cookie that do not depend on the session.
struct CookieAttributes {
  std::string head;         // "Set-Cookie: NAME="
  std::string tail;         // "; Path=/; HttpOnly; SameSite=Lax\r\n"
  std::string tail_secure;  // the same with "; Secure"; equal to `tail` when never secure
  bool session = false;     // no Max-Age
};

CookieAttributes make_cookie_attributes(std::string_view name, const CookieSpec& spec);

// What a route knows about stickiness.
struct Sticky {
  StickySpec spec;
  std::string header;                          // key header: its name, lower-case
  std::uint64_t ttl_seconds = 0;               // rounded up
  std::uint64_t key_seed = 0;                  // of keyed placement, by route
  std::shared_ptr<const StickySigner> signer;  // key cookie only
  CookieAttributes cookie;                     // key cookie only
};

// Appends the whole field line, "Set-Cookie: sluice=...; Max-Age=3600; Path=/; HttpOnly;
// SameSite=Lax\r\n". Max-Age counts from the pin's issue time, so a re-issued pin does not live
// longer. Path: hot; `sticky` must have the key cookie.
void append_set_cookie(const Sticky& sticky, const StickyPin& pin, std::uint64_t now_seconds,
                       bool secure, std::string& out);

}  // namespace sluice::routing
