// Arbitrary cookie text never crashes the reader and is never valid unless a ring key signed it.
//
// Shape of the input: 42 bytes of pin and two of bit position; all of it is also cookie text as a
// client might send it.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "routing/match.hpp"
#include "routing/sticky.hpp"

namespace {

using namespace sluice::routing;  // NOLINT: one program, one page

constexpr std::uint64_t kNow = 1'700'000'000;
constexpr std::uint64_t kTtl = 3600;
constexpr std::size_t kHead = 44;  // pin and bit position

void require(bool condition) {
  if (!condition) std::abort();
}

const StickySigner& ring() {
  static const std::vector<std::string> keys{std::string(32, 'n'), std::string(16, 'o')};
  static const StickySigner signer(keys, "shop");
  return signer;
}

std::uint64_t number(const std::uint8_t* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = (value << 8U) | bytes[i];
  return value;
}

std::string signed_text(const StickyPin& pin) {
  StickyText text;
  ring().sign(pin, text);
  return {text.data(), text.size()};
}

StickyPin pin_from(const std::uint8_t* bytes) {
  StickyPin pin;
  pin.issued_seconds = number(bytes, 6);
  pin.upstream_hash = number(bytes + 6, 8);
  pin.endpoint_hash = number(bytes + 14, 8);
  pin.epoch = static_cast<std::uint32_t>(number(bytes + 22, 4));
  pin.placement = static_cast<Placement>(number(bytes + 26, 4));
  pin.placed_by = static_cast<std::uint32_t>(number(bytes + 30, 4));
  pin.session = number(bytes + 34, 8);
  return pin;
}

void check_round_trip(const StickyPin& pin, std::size_t bit) {
  std::string text = signed_text(pin);
  const StickyReading reading = ring().read(text, pin.issued_seconds, kTtl);
  require(reading.verdict == StickyVerdict::valid && reading.pin == pin);
  const std::size_t at = bit / 8 % text.size();
  text[at] = static_cast<char>(text[at] ^ (1U << (bit % 8)));
  require(ring().read(text, pin.issued_seconds, kTtl).verdict != StickyVerdict::valid);
}

// There is one text for one pin and key; whatever else is called valid would be a forgery. The
// second key never signs here, so the first must have.
void check_text(std::string_view text) {
  const StickyReading reading = ring().read(text, kNow, kTtl);
  if (reading.verdict != StickyVerdict::valid) return;
  require(signed_text(reading.pin) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  check_text(all);
  const Field fields[] = {{"Cookie", all}};
  CookieWalk walk(fields, "sluice");
  while (const auto value = walk.next()) check_text(*value);
  if (size < kHead) return 0;
  check_round_trip(pin_from(bytes), number(bytes + 42, 2));
  return 0;
}
