#pragma once
// What every body must be: a function of the run, the request's id and the direction. Any byte of
// another message is recognised, and nobody has to remember what was sent.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ledger {

enum class Direction : std::uint8_t { request, response };

inline constexpr std::size_t kBodyMax = 100 * 1024;

std::uint64_t mix(std::uint64_t value) noexcept;
// A few bytes mostly, 100 KiB at times. `draw` is any random number.
std::size_t draw_body_size(std::uint64_t draw) noexcept;

class Content {
 public:
  Content(std::uint64_t run, std::uint64_t id, Direction direction) noexcept;

  // How long the response to the request is: never so short that two could be equal by chance.
  std::size_t response_size() const noexcept;
  std::string bytes(std::size_t size) const;
  // Are these the bytes that belong at `offset`?
  bool matches(std::size_t offset, std::string_view bytes) const noexcept;

 private:
  void fill(std::size_t first_word, std::uint64_t* words, std::size_t count) const noexcept;

  std::uint64_t key_;
};

// Of a body as it was received, piece by piece.
class BodyHash {
 public:
  BodyHash();
  ~BodyHash();
  BodyHash(const BodyHash&) = delete;
  BodyHash& operator=(const BodyHash&) = delete;
  void add(std::string_view bytes) noexcept;
  std::uint64_t value() const noexcept;

 private:
  void* state_;
};

std::uint64_t hash_of(std::string_view bytes) noexcept;

}  // namespace ledger
