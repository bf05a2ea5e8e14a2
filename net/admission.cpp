#include "net/admission.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace sluice::net {

std::string_view label(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::connections:
      return "connections";
    case Refusal::per_client:
      return "connections_per_client";
    case Refusal::descriptors:
      return "descriptors";
  }
  return "?";
}

ClientKey client_key(const Address& peer) noexcept {
  ClientKey key = peer.ip_bytes().value_or(ClientKey{});
  if (peer.family() != AF_INET6) return key;
  std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
  key[8] = 1;  // ::1 is a client too
  return key;
}

std::size_t Admission::KeyHash::operator()(const ClientKey& key) const noexcept {
  return stable_hash({reinterpret_cast<const char*>(key.data()), key.size()});
}

bool Admission::limits_client(const ClientKey& client) const noexcept {
  return per_client_.load(std::memory_order_relaxed) != 0 && client != ClientKey{};
}

bool Admission::admit_client(const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  std::uint32_t& count = clients_[client];
  if (count >= per_client_.load(std::memory_order_relaxed)) return false;
  ++count;
  return true;
}

bool Admission::admit(const ClientKey& client) {
  if (total_.fetch_add(1, std::memory_order_relaxed) >=
      connections_.load(std::memory_order_relaxed)) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    refuse(Refusal::connections);
    return false;
  }
  if (!limits_client(client) || admit_client(client)) return true;
  total_.fetch_sub(1, std::memory_order_relaxed);
  refuse(Refusal::per_client);
  return false;
}

void Admission::leave(const ClientKey& client) noexcept {
  total_.fetch_sub(1, std::memory_order_relaxed);
  leave_client(client);
}

bool Admission::rename(const ClientKey& before, const ClientKey& now) {
  if (limits_client(now) && !admit_client(now)) {
    refuse(Refusal::per_client);
    return false;
  }
  leave_client(before);
  return true;
}

void Admission::leave_client(const ClientKey& client) noexcept {
  if (!limits_client(client)) return;
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  if (found != clients_.end() && --found->second == 0) clients_.erase(found);
}

}  // namespace sluice::net
