#pragma once
// Decides who the client is, and what the upstream is told about it: X-Forwarded-* (also of its
// certificate), X-Request-Id, traceparent. Only a trusted peer's own statements are believed.
//
// Path:   hot; allocates only when a chain outgrows the buffer.
// Source: contract section 6; design rows 20-22; W3C Trace Context, level 1.
#include <array>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "net/address.hpp"
#include "proxy/message.hpp"
#include "routing/access.hpp"

namespace sluice::proxy {

// The other end of a client connection, known at accept.
struct Peer {
  std::string ip;  // text; "unix" for a Unix socket
  bool trusted = false;
  bool secure = false;  // speaks TLS to us
  std::uint16_t port = 0;
  const net::Address* local = nullptr;      // of ours, that it connected to
  const routing::Access* access = nullptr;  // of the listener; null: everybody
  std::string certificate = {};             // what its own says, for X-Forwarded-Client-Cert
  bool tells_forwarded = false;             // upstreams are told by RFC 7239, too
};

// Views into the head, the peer and the builder: void with the head.
struct Forwarding {
  std::string_view client_ip;      // the client as far as trusted hops vouch for it
  std::string_view forwarded_for;  // whole field values
  std::string_view proto;
  std::string_view host;
  std::string_view client_certificate;
  std::string_view request_id;
  std::string_view traceparent;
  std::string_view parent_span = {};  // of the caller; empty: the trace begins here
  std::string_view forwarded = {};    // RFC 7239; empty: as it came
  bool secure = false;                // the client speaks TLS to us or to the trusted hop before us
  bool sampled = false;               // its spans are recorded
  bool keeps_tracestate = false;      // what came of it may go on
};

// What a stranger says with RFC 7239 `Forwarded`, X-Real-IP and the X-Forwarded-* that we do not
// write anew is not passed on: upstreams believe it as they do X-Forwarded-For.
void drop_untrusted(FieldList& fields, const Peer& peer) noexcept;

class ForwardingBuilder {
 public:
  // From now on this share of the traces that begin here is recorded.
  void record_traces(double share) noexcept;

  Forwarding build(const RequestHead& head, const Peer& peer, const net::CidrSet& trusted,
                   Xoshiro256& random);

 private:
  std::string_view join_chain(const RequestHead& head, std::string_view peer_ip);
  std::string_view make_forwarded(const RequestHead& head, const Peer& peer,
                                  const Forwarding& made);
  void make_trace(const FieldList& fields, bool trusted, Xoshiro256& random, Forwarding& out);

  std::string chain_;
  std::string forwarded_;
  bool records_ = false;
  std::uint64_t sample_below_ = 0;
  std::array<char, 32> id_{};
  std::array<char, 55> trace_{};
};

// The right-most address of the chain that is not itself a trusted proxy; `peer_ip` if all are, or
// if the chain has something in it that is no address.
std::string_view believed_client(std::string_view chain, std::string_view peer_ip,
                                 const net::CidrSet& trusted);
bool is_valid_traceparent(std::string_view text) noexcept;
bool is_sane_request_id(std::string_view text) noexcept;

}  // namespace sluice::proxy
