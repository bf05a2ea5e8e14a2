#include "net/tls/tickets.hpp"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/crypto.hpp"

namespace sluice::net::tls {
namespace {

Sha256Digest derive_from(const TicketSeed& seed, std::string_view what) noexcept {
  return HmacSha256({reinterpret_cast<const char*>(seed.data()), seed.size()}).sign(what);
}

}  // namespace

TicketKeys::TicketKeys(const TicketSeed& seed, Time start) : seed_(seed), next_(start + kPeriod) {
  derive();
}

void TicketKeys::derive() noexcept {
  std::move_backward(keys_.begin(), keys_.end() - 1, keys_.end());
  TicketKey& key = keys_.front();
  const Sha256Digest name = derive_from(seed_, "ticket name");
  std::copy_n(name.begin(), key.name.size(), key.name.begin());
  key.cipher = derive_from(seed_, "ticket cipher");
  key.mac = derive_from(seed_, "ticket mac");
}

void TicketKeys::advance_to(Time now) noexcept {
  while (now >= next_) {
    const Sha256Digest later = derive_from(seed_, "next seed");
    OPENSSL_cleanse(seed_.data(), seed_.size());
    seed_ = later;
    next_ += kPeriod;
    derive();
  }
}

const TicketKey& TicketKeys::current(Time now) noexcept {
  advance_to(now);
  return keys_.front();
}

TicketKeys::Found TicketKeys::find(std::span<const std::uint8_t, 16> name, Time now) noexcept {
  advance_to(now);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const TicketKey& key) {
    return std::equal(name.begin(), name.end(), key.name.begin());
  });
  if (found == keys_.end()) return {};
  return {&*found, found == keys_.begin()};
}

}  // namespace sluice::net::tls
