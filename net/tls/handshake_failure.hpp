#pragma once
// Why a handshake came to nothing, as metrics and logs say it.
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace sluice::net::tls {

enum class HandshakeFailure : std::uint8_t {
  none,
  closed,            // by the peer, without a word
  timed_out,         // not over in time
  not_tls,           // the peer speaks something else
  version,           // no common version of TLS
  suite,             // no common cipher suite, curve or signature
  unknown_name,      // it asks for a name that is nobody's here
  protocol,          // no common application protocol (ALPN)
  peer_certificate,  // missing where one is required, or not to be trusted
  refused,           // the peer said so by an alert: our certificate is not to its liking, say
  malformed,         // anything else that OpenSSL rejects
  count
};
inline constexpr std::size_t kHandshakeFailures = static_cast<std::size_t>(HandshakeFailure::count);

constexpr std::string_view label(HandshakeFailure failure) noexcept {
  constexpr std::string_view kLabels[kHandshakeFailures] = {
      "ok",           "closed",   "timed_out",        "not_tls", "version",  "suite",
      "unknown_name", "protocol", "peer_certificate", "refused", "malformed"};
  return kLabels[static_cast<std::size_t>(failure)];
}

// Of the errors that OpenSSL has queued on this thread; forgets them.
HandshakeFailure take_handshake_failure() noexcept;

// How handshakes on a listener ended. Thread: any.
class HandshakeCounts {
 public:
  void add(HandshakeFailure how) noexcept {
    counts_[static_cast<std::size_t>(how)].fetch_add(1, std::memory_order_relaxed);
  }
  void add_resumed() noexcept { resumed_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t of(HandshakeFailure how) const noexcept {
    return counts_[static_cast<std::size_t>(how)].load(std::memory_order_relaxed);
  }
  std::uint64_t resumed() const noexcept { return resumed_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kHandshakeFailures> counts_{};
  std::atomic<std::uint64_t> resumed_{0};
};

}  // namespace sluice::net::tls
