#include "loadtest/ledger/content.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <xxhash.h>

namespace ledger {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kResponseMin = 16;

}  // namespace

// The finaliser of splitmix64.
std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

std::size_t draw_body_size(std::uint64_t draw) noexcept {
  const std::uint64_t kind = draw % 100;
  const std::uint64_t size = draw / 100;
  if (kind < 5) return 0;
  if (kind < 55) return size % 512;
  if (kind < 85) return size % 4'096;
  if (kind < 96) return size % 16'384;
  return size % (kBodyMax + 1);
}

Content::Content(std::uint64_t run, std::uint64_t id, Direction direction) noexcept
    : key_(mix(mix(run) ^ (id * 2 + static_cast<std::uint64_t>(direction)))) {}

std::size_t Content::response_size() const noexcept {
  return std::max(kResponseMin, draw_body_size(mix(key_)));
}

void Content::fill(std::size_t first_word, std::uint64_t* words, std::size_t count) const noexcept {
  for (std::size_t i = 0; i < count; ++i) words[i] = mix(key_ + first_word + i);
}

std::string Content::bytes(std::size_t size) const {
  std::string out((size + kWord - 1) / kWord * kWord, '\0');
  std::array<std::uint64_t, 512> block;
  for (std::size_t at = 0; at < out.size(); at += sizeof block) {
    const std::size_t part = std::min(sizeof block, out.size() - at);
    fill(at / kWord, block.data(), part / kWord);
    std::memcpy(out.data() + at, block.data(), part);
  }
  out.resize(size);
  return out;
}

bool Content::matches(std::size_t offset, std::string_view bytes) const noexcept {
  std::array<std::uint64_t, 512> block;
  while (!bytes.empty()) {
    const std::size_t skip = offset % kWord;
    const std::size_t part = std::min(sizeof block - skip, bytes.size());
    fill(offset / kWord, block.data(), (skip + part + kWord - 1) / kWord);
    if (std::memcmp(reinterpret_cast<const char*>(block.data()) + skip, bytes.data(), part) != 0)
      return false;
    offset += part;
    bytes.remove_prefix(part);
  }
  return true;
}

BodyHash::BodyHash() : state_(XXH3_createState()) {
  XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_));
}
BodyHash::~BodyHash() {
  XXH3_freeState(static_cast<XXH3_state_t*>(state_));
}
void BodyHash::add(std::string_view bytes) noexcept {
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}
std::uint64_t BodyHash::value() const noexcept {
  return XXH3_64bits_digest(static_cast<XXH3_state_t*>(state_));
}

std::uint64_t hash_of(std::string_view bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace ledger
