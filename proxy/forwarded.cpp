#include "proxy/forwarded.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/ascii.hpp"
#include "base/hex.hpp"
#include "base/trace_context.hpp"
#include "proxy/forwarded_field.hpp"

namespace sluice::proxy {
namespace {

std::optional<net::Address> parse_ip(std::string_view text) {
  const std::string with_port = text.find(':') == std::string_view::npos
                                    ? std::string(text) + ":0"
                                    : "[" + std::string(text) + "]:0";
  return net::Address::parse(with_port);
}

}  // namespace

bool is_valid_traceparent(std::string_view text) noexcept {
  return parse_traceparent(text).has_value();
}

bool is_sane_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 128 && is_token(text);
}

std::string_view believed_client(std::string_view chain, std::string_view peer_ip,
                                 const net::CidrSet& trusted) {
  std::string_view best = peer_ip;
  while (!chain.empty()) {
    const std::size_t comma = chain.rfind(',');
    const std::string_view hop =
        trim_blanks(comma == std::string_view::npos ? chain : chain.substr(comma + 1));
    const auto address = parse_ip(hop);
    if (!address) return best;
    best = hop;
    if (!trusted.contains(*address)) return best;
    chain = comma == std::string_view::npos ? std::string_view{} : chain.substr(0, comma);
  }
  return best;
}

void drop_untrusted(FieldList& fields, const Peer& peer) noexcept {
  constexpr FieldIds kBelieved = any_of(FieldId::forwarded, FieldId::x_forwarded_other);
  if (peer.trusted || !fields.has_any(kBelieved)) return;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (contains(kBelieved, fields.id(i))) fields.drop(i);
}

// All X-Forwarded-For fields in their order, then the peer.
std::string_view ForwardingBuilder::join_chain(const RequestHead& head, std::string_view peer_ip) {
  chain_.clear();
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.fields.id(i) != FieldId::x_forwarded_for || head.fields[i].value.empty()) continue;
    chain_.append(head.fields[i].value).append(", ");
  }
  return chain_.append(peer_ip);
}

// The elements of a trusted peer, and one for that peer itself. Those who write X-Forwarded-For
// only are translated (RFC 7239 section 7.4).
std::string_view ForwardingBuilder::make_forwarded(const RequestHead& head, const Peer& peer,
                                                   const Forwarding& made) {
  forwarded_.clear();
  if (peer.trusted) {
    for (std::size_t i = 0; i < head.fields.size(); ++i)
      if (head.fields.id(i) == FieldId::forwarded && !head.fields[i].value.empty())
        forwarded_.append(forwarded_.empty() ? "" : ", ").append(head.fields[i].value);
    if (forwarded_.empty()) {
      const std::string_view chain = made.forwarded_for;
      append_forwarded_chain(forwarded_, chain.substr(0, chain.size() - peer.ip.size()), made.host,
                             made.proto);
    }
  }
  append_forwarded(forwarded_, peer.ip, head.authority, peer.secure ? "https" : "http");
  return forwarded_;
}

void ForwardingBuilder::record_traces(double share) noexcept {
  records_ = true;
  sample_below_ =
      share >= 1 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(std::ldexp(share, 64));
}

namespace {

// Several are as good as none: nobody knows which one the caller meant.
std::optional<TraceParent> only_traceparent(const FieldList& fields) noexcept {
  if (!fields.has(FieldId::traceparent)) return std::nullopt;
  std::optional<TraceParent> found;
  for (std::size_t i = 0, seen = 0; i < fields.size(); ++i) {
    if (fields.id(i) != FieldId::traceparent) continue;
    if (++seen > 1) return std::nullopt;
    found = parse_traceparent(fields[i].value);
  }
  return found;
}

bool is_sane_tracestate(const FieldList& fields) noexcept {
  unsigned members = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) != FieldId::tracestate) continue;
    const auto more = count_tracestate(fields[i].value);
    if (!more) return false;
    members += *more;
  }
  return members <= kTracestateMembersMax;
}

}  // namespace

// Same trace, new span. Who is trusted has decided whether to record it; whoever else comes is
// drawn for, and so is what begins here: strangers do not fill our collector.
void ForwardingBuilder::make_trace(const FieldList& fields, bool trusted, Xoshiro256& random,
                                   Forwarding& out) {
  const auto received = only_traceparent(fields);
  std::uint8_t flags = received ? received->flags : std::uint8_t{0};
  if (records_) {
    out.sampled = received && trusted ? (flags & TraceParent::kSampled) != 0
                                      : random() <= sample_below_ && sample_below_ != 0;
    flags = static_cast<std::uint8_t>((flags & ~TraceParent::kSampled) | (out.sampled ? 1 : 0));
  }
  std::memcpy(trace_.data(), "00-", 3);
  if (received) {
    std::copy(received->trace_id.begin(), received->trace_id.end(), trace_.begin() + 3);
    out.parent_span = received->span_id;
    out.keeps_tracestate = fields.has(FieldId::tracestate) && is_sane_tracestate(fields);
  } else {
    put_hex(trace_.data() + 3, random());
    put_hex(trace_.data() + 19, random() | 1);
  }
  put_hex(trace_.data() + 36, random() | 1);
  trace_[35] = trace_[52] = '-';
  std::memcpy(trace_.data() + 53, kHexPairs.data() + std::size_t{flags} * 2, 2);
  out.traceparent = {trace_.data(), trace_.size()};
}

Forwarding ForwardingBuilder::build(const RequestHead& head, const Peer& peer,
                                    const net::CidrSet& trusted, Xoshiro256& random) {
  Forwarding out;
  out.client_ip = out.forwarded_for = peer.ip;
  out.proto = peer.secure ? "https" : "http";
  out.host = head.authority;
  out.client_certificate = peer.certificate;
  if (peer.trusted) {
    const std::string_view proto = head.fields.value_of(FieldId::x_forwarded_proto);
    const std::string_view host = head.fields.value_of(FieldId::x_forwarded_host);
    if (proto == "http" || proto == "https") out.proto = proto;
    if (!host.empty()) out.host = host;
    if (peer.certificate.empty())
      out.client_certificate = head.fields.value_of(FieldId::x_forwarded_client_cert);
    out.forwarded_for = join_chain(head, peer.ip);
    const std::size_t before_peer = out.forwarded_for.size() - peer.ip.size();
    out.client_ip = believed_client(
        out.forwarded_for.substr(0, before_peer > 2 ? before_peer - 2 : 0), peer.ip, trusted);
    out.request_id = head.fields.value_of(FieldId::x_request_id);
  }
  if (peer.tells_forwarded) out.forwarded = make_forwarded(head, peer, out);
  out.secure = out.proto == "https";
  make_trace(head.fields, peer.trusted, random, out);
  if (!is_sane_request_id(out.request_id)) {
    put_hex(id_.data(), random());
    put_hex(id_.data() + 16, random());
    out.request_id = {id_.data(), id_.size()};
  }
  return out;
}

}  // namespace sluice::proxy
