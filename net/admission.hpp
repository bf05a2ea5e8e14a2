#pragma once
// Who may come in: counts the connections of one listening address, over all workers and for each
// client address, and those that were turned away.
//
// Thread:    any.   Path: cold: when a connection comes or goes, not by requests.
// Invariant: no more than `connections` at a time, nor `per_client` of one client, but for those
// who
//            came in under other limits.
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "net/address.hpp"

namespace sluice::net {

struct ConnectionLimits {
  std::uint32_t connections = 0;
  std::uint32_t per_client = 0;  // 0: no such limit
};

enum class Refusal : std::uint8_t { connections, per_client, descriptors };
inline constexpr std::size_t kRefusalCount = 3;
std::string_view label(Refusal refusal) noexcept;

// What tells clients apart: the address; of IPv6 the first 64 bits, since one host may have all of
// them. All zero for a Unix socket, to which no limit for each client applies.
using ClientKey = std::array<std::uint8_t, 16>;
ClientKey client_key(const Address& peer) noexcept;

class Admission {
 public:
  explicit Admission(ConnectionLimits limits) noexcept { limit(limits); }
  // From now on; who is in stays.
  void limit(ConnectionLimits limits) noexcept {
    connections_.store(limits.connections, std::memory_order_relaxed);
    per_client_.store(limits.per_client, std::memory_order_relaxed);
  }

  // False: turned away, and counted as such. Otherwise leave() is owed.
  bool admit(const ClientKey& client);
  void leave(const ClientKey& client) noexcept;
  // One that was admitted turns out to be another client. False: that one is not admitted, and
  // everything stays as it was.
  bool rename(const ClientKey& before, const ClientKey& now);
  // Turned away for a reason that is not known here.
  void refuse(Refusal why) noexcept {
    refused_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  }

  std::uint32_t connections() const noexcept { return total_.load(std::memory_order_relaxed); }
  std::uint64_t refused(Refusal why) const noexcept {
    return refused_[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
  }

 private:
  struct KeyHash {
    std::size_t operator()(const ClientKey& key) const noexcept;
  };
  bool limits_client(const ClientKey& client) const noexcept;
  bool admit_client(const ClientKey& client);
  void leave_client(const ClientKey& client) noexcept;

  std::atomic<std::uint32_t> connections_{0};
  std::atomic<std::uint32_t> per_client_{0};
  std::atomic<std::uint32_t> total_{0};
  std::array<std::atomic<std::uint64_t>, kRefusalCount> refused_{};
  std::mutex mutex_;
  std::unordered_map<ClientKey, std::uint32_t, KeyHash> clients_;  // as many as are connected
};

}  // namespace sluice::net
