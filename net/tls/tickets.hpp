#pragma once
// The keys under which session tickets are sealed. All workers derive the same ones from one seed
// and the time, so that a ticket of one is good at every other, and nobody has to hand keys around.
//
// Every period the seed is replaced by a hash of itself: keys that have gone cannot be made again
// from what is left in memory.
//
// Thread:    one; each worker has its own.   Path: warm (once a handshake).
// Invariant: with one seed and one `start`, two of them hold the same keys at the same time.
#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace sluice::net::tls {

using TicketSeed = std::array<std::uint8_t, 32>;

struct TicketKey {
  std::array<std::uint8_t, 16> name{};  // says which one it is, in the ticket
  std::array<std::uint8_t, 32> cipher{};
  std::array<std::uint8_t, 32> mac{};
};

class TicketKeys {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::hours kPeriod{1};
  static constexpr std::size_t kKept = 3;  // the present one and those that are still understood

  TicketKeys(const TicketSeed& seed, Time start);

  const TicketKey& current(Time now) noexcept;
  // The key of that name, or null. `fresh`: it is the present one.
  struct Found {
    const TicketKey* key = nullptr;
    bool fresh = false;
  };
  Found find(std::span<const std::uint8_t, 16> name, Time now) noexcept;

 private:
  void advance_to(Time now) noexcept;
  void derive() noexcept;

  TicketSeed seed_;
  Time next_;  // when the present key is replaced
  std::array<TicketKey, kKept> keys_{};
};

}  // namespace sluice::net::tls
