#include "proxy/http1/client_connection.hpp"

#include "base/ascii.hpp"
#include "proxy/access_line.hpp"
#include "proxy/answer.hpp"
#include "proxy/entrance.hpp"
#include "proxy/exchange.hpp"
#include "proxy/http1/outgoing.hpp"
#include "proxy/request_policy.hpp"

namespace sluice::proxy::http1 {
namespace {

// A request may be on its way, or in the socket already, when the draining begins.
constexpr std::chrono::milliseconds kDrainGrace{100};
// How long and how much we go on reading after a last answer, so that the client gets to see it
// before a RST destroys it (RFC 9112 section 9.6).
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::uint64_t kLingerBytes = 256 * 1024;

constexpr std::uint8_t kEmptyLinesMax = 8;
// A client that pipelines requests which we answer without waiting must not keep others out.
constexpr std::uint32_t kRequestsBetweenYields = 64;

static_assert(kHeaderBytesMax <= net::Stream::kInputMax, "such a head never becomes whole");
static_assert(kHeaderCountMax <= FieldList::kMax, "such a head is refused below its limit");

HeadLimits head_limits(const ListenerLimits& limits) noexcept {
  return {limits.header_bytes, limits.header_count, limits.request_line};
}

FailureKind failure_of(HeadProblem problem) noexcept {
  switch (problem) {
    case HeadProblem::unsupported_version:
      return FailureKind::version_not_supported;
    case HeadProblem::first_line_too_long:
      return FailureKind::uri_too_long;
    case HeadProblem::head_too_large:
    case HeadProblem::too_many_fields:
      return FailureKind::header_too_large;
    default:
      return FailureKind::bad_request;
  }
}

// Upgrade is of one connection only, but 426 without it would not say which protocol is wanted
// (RFC 9110 sections 15.5.22 and 7.8).
std::string add_wanted_upgrade(const FieldList& fields, std::string_view block) {
  std::string out(block);
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields.id(i) == FieldId::upgrade)
      out.append("Upgrade: ").append(fields[i].value).append("\r\n");
  if (out.size() > block.size()) out.append("Connection: Upgrade\r\n");
  return out;
}

}  // namespace

ClientConnection::ClientConnection(WorkerPlane& plane, std::shared_ptr<Listener> listener,
                                   int descriptor, const net::Address& peer)
    : plane_(plane), listener_(std::move(listener)), stream_(plane.worker, descriptor) {
  peer_.ip = peer.ip_text();
  peer_.trusted = listener_->trusted.contains(peer);
  peer_.port = peer.port();
  peer_.access = listener_->access.get();
  peer_.local = &listener_->address->bound();
  peer_.tells_forwarded = listener_->spec.forwarded;
  client_key_ = listener_->address->key_of(peer);
  stream_.set_context({touched()});
  stream_.set_write_timeout(listener_->spec.timeouts.write);
  stream_.observe(this);
  entry_ = plane_.clients.insert(plane_.clients.end(), this);
}

ClientConnection::~ClientConnection() {
  plane_.clients.erase(entry_);
  listener_->address->remove_connection(static_cast<std::size_t>(plane_.worker.id()), client_key_);
}

// ---- the loop ------------------------------------------------------------------------------

net::Task<void> serve(std::unique_ptr<ClientConnection> self) {
  ClientConnection& connection = *self;
  net::IoStatus status = net::IoStatus::ok;
  if (has_entrance(*connection.listener_)) status = co_await connection.enter_by_listener();
  while (status == net::IoStatus::ok && !connection.closing_) {
    switch (connection.look_for_head()) {
      case ClientConnection::HeadState::waiting:
        status = co_await connection.stream_.receive(connection.head_deadline());
        break;
      case ClientConnection::HeadState::ready:
        connection.begin_request();
        co_await exchange(connection.plane_, connection);
        connection.finish_request();
        if (connection.has_had_its_share()) co_await connection.plane_.worker.let_others_run();
        break;
      case ClientConnection::HeadState::refused:
        co_await connection.refuse_request();
        break;
    }
  }
  // A head that began and did not arrive in time gets its answer; silence gets none.
  if (status == net::IoStatus::timed_out && !connection.idle_) {
    connection.method_ = Method::other;
    connection.refusal_ = FailureKind::request_timeout;
    connection.refusal_detail_ = "the request head took too long";
    co_await connection.refuse_request();
  }
  if (status == net::IoStatus::timed_out && connection.is_draining()) connection.closing_ = true;
  if (connection.closing_ && !connection.broken_ && !connection.tunnelled_)
    co_await connection.close_gently();
}

// Who comes behind a trusted hop counts as who he is.
net::Task<net::IoStatus> ClientConnection::enter_by_listener() {
  const net::IoStatus status = co_await enter(plane_, *listener_, stream_, peer_);
  if (status != net::IoStatus::ok || !listener_->spec.proxy_protocol) co_return status;
  const auto address = net::Address::parse(
      (peer_.ip.find(':') == std::string::npos ? peer_.ip : "[" + peer_.ip + "]") + ":0");
  if (!address) co_return status;
  const net::ClientKey key = listener_->address->key_of(*address);
  if (!listener_->address->admission().rename(client_key_, key)) co_return net::IoStatus::reset;
  client_key_ = key;
  co_return status;
}

// Requests served without a wait between them: the worker's time stands still in a turn.
bool ClientConnection::has_had_its_share() noexcept {
  const net::SteadyTime now = plane_.worker.now();
  if (std::exchange(turn_, now) != now) requests_ = 0;
  return ++requests_ % kRequestsBetweenYields == 0;
}

// The deadline of the head is absolute: dripping bytes does not move it (design row 34).
net::SteadyTime ClientConnection::head_deadline() noexcept {
  const ListenerTimeouts& timeouts = listener_->spec.timeouts;
  const net::SteadyTime now = plane_.worker.now();
  if (idle_) return now + (is_draining() ? kDrainGrace : timeouts.idle);
  return head_began_ + timeouts.header;
}

ClientConnection::HeadState ClientConnection::refuse(HeadProblem problem) noexcept {
  method_ = Method::other;
  http_1_0_ = false;
  refusal_ = failure_of(problem);
  refusal_detail_ = to_string(problem);
  return HeadState::refused;
}

// What comes without TLS, where that is not enough.
void ClientConnection::refuse_plain() noexcept {
  const ListenerSpec& spec = listener_->spec;
  if (!spec.tls && !spec.redirect_http) [[likely]]
    return;
  const FieldList& fields = plane_.request.fields;
  if (peer_.trusted && !spec.tls && fields.value_of(FieldId::x_forwarded_proto) == "https") return;
  refusal_ = FailureKind::bad_request;
  refusal_detail_ = "this port speaks TLS: https, not http";
  if (spec.redirect_http && !plane_.request.authority.empty()) {
    refusal_ = FailureKind::https_only;
    refusal_detail_ = "this is served over https only";
  }
}

// Empty lines before a request line are forgiven, a few of them (RFC 9112 section 2.2).
void ClientConnection::skip_empty_lines() noexcept {
  while (empty_lines_ < kEmptyLinesMax && stream_.input().size() >= 2 &&
         stream_.input()[0] == '\r' && stream_.input()[1] == '\n') {
    stream_.consume(2);
    ++empty_lines_;
  }
}

ClientConnection::HeadState ClientConnection::look_for_head() noexcept {
  head_parsed_ = false;
  skip_empty_lines();
  const std::string_view input(stream_.input().data(), stream_.input().size());
  if (input.empty()) return HeadState::waiting;
  if (idle_) head_began_ = plane_.worker.now();
  idle_ = false;
  // Whatever does not begin like a method (a TLS hello, say) never becomes a request.
  if (input == "\r") return HeadState::waiting;
  if (!is_token_char(input.front())) return refuse(HeadProblem::bad_first_line);
  const HeadLimits limits = head_limits(listener_->spec.limits);
  switch (scan_.scan(input, limits)) {
    case HeadScan::Found::incomplete:
      return HeadState::waiting;
    case HeadScan::Found::bad:
      return refuse(scan_.problem());
    case HeadScan::Found::complete:
      break;
  }
  head_size_ = static_cast<std::uint32_t>(scan_.head_size());
  RequestHead& head = plane_.request;
  const HeadProblem problem = parse_request_head(input.substr(0, head_size_), limits, head);
  if (problem != HeadProblem::none) return refuse(problem);
  head_parsed_ = true;
  const PolicyVerdict verdict = apply_request_policy(head);
  method_ = head.method_id;
  http_1_0_ = head.http_1_0;
  refusal_ = verdict.failure;
  refusal_detail_ = verdict.detail;
  if (refusal_ == FailureKind::none && !peer_.secure) [[likely]]
    refuse_plain();
  const std::uint32_t most = listener_->spec.limits.body_bytes;
  if (most != 0 && head.body == BodyFraming::length && head.content_length > most) {
    refusal_ = FailureKind::content_too_large;
    refusal_detail_ = "the request body is too large";
  }
  return refusal_ == FailureKind::none ? HeadState::ready : HeadState::refused;
}

void ClientConnection::begin_request() noexcept {
  RequestHead& head = plane_.request;
  drop_untrusted(head.fields, peer_);
  const std::uint32_t last = listener_->spec.limits.requests_per_connection;
  wants_keep_alive_ = head.keep_alive && (last == 0 || served_ + 1 < last);
  ++served_;
  awaits_continue_ = head.expect_continue;
  const std::uint32_t most = listener_->spec.limits.body_bytes;
  body_.start(head.body, head.content_length, most == 0 ? ~std::uint64_t{0} : most);
}

net::Task<void> ClientConnection::refuse_request() {
  wants_keep_alive_ = false;
  closing_ = true;
  plane_.shard.unrouted.failures[static_cast<std::size_t>(refusal_)].add();
  telemetry::LogDraft line =
      begin_line(plane_, peer_, head_parsed_ ? &plane_.request : nullptr, nullptr);
  std::string fields;
  if (refusal_ == FailureKind::https_only)
    fields = https_location(listener_->spec, plane_.request.authority, plane_.request.target);
  const Answered answered = co_await answer(*this, plane_, refusal_, refusal_detail_, {}, fields);
  finish_refused_line(plane_, std::move(line), refusal_, head_began_, answered.body_bytes);
}

// Makes ready for the next head.
void ClientConnection::finish_request() noexcept {
  watcher_ = nullptr;
  release_head();
  body_.finish_piece(stream_);
  if (!body_.finished()) closing_ = true;
  scan_.reset();
  empty_lines_ = 0;
  idle_ = true;
}

net::Task<void> ClientConnection::close_gently() {
  stream_.shutdown_write();
  const net::SteadyTime until = plane_.worker.now() + kLingerTime;
  const std::uint64_t limit = stream_.bytes_received() + kLingerBytes;
  while (stream_.bytes_received() < limit) {
    stream_.consume(stream_.input().size());
    const net::IoStatus status = co_await stream_.receive(until);
    if (status != net::IoStatus::ok) break;
  }
}

// ---- the request's body --------------------------------------------------------------------

void ClientConnection::release_head() noexcept {
  stream_.consume(std::exchange(head_size_, 0));
}

net::Task<net::IoStatus> ClientConnection::await_body() {
  co_return co_await stream_.receive(plane_.worker.now() + listener_->spec.timeouts.body);
}

// A client that sends its body at once has stopped waiting for 100 Continue.
BodyPiece ClientConnection::buffered_body() noexcept {
  if (!stream_.input().empty()) awaits_continue_ = false;
  return body_.take(stream_);
}

net::Task<BodyPiece> ClientConnection::read_body() {
  if (awaits_continue_) return read_body_unasked();
  return body_.next(stream_, {listener_->spec.timeouts.body, listener_->spec.limits.body_rate});
}

// The 100 Continue that goes out meanwhile sets the deadline.
net::Task<BodyPiece> ClientConnection::read_body_unasked() {
  const net::IoStatus status = co_await stream_.receive();
  if (status != net::IoStatus::ok) co_return BodyPiece{{}, BodyEnd::cut, status};
  awaits_continue_ = false;
  co_return co_await read_body();
}

void ClientConnection::interrupt_body() noexcept {
  stream_.interrupt_receive(net::IoStatus::cancelled);
}

// ---- the response --------------------------------------------------------------------------

BodyFraming ClientConnection::choose_framing(const ResponseHead& head) const noexcept {
  if (head.body == BodyFraming::none || head.body == BodyFraming::length) return head.body;
  return http_1_0_ ? BodyFraming::until_close : BodyFraming::chunked;
}

Persistence ClientConnection::choose_persistence(const ResponseHead& head) noexcept {
  if (head.status == 101) return Persistence::upgrade;
  if (!wants_keep_alive_ || is_draining() || !body_.finished() ||
      response_framing_ == BodyFraming::until_close)
    closing_ = true;
  if (closing_) return Persistence::close;
  return http_1_0_ ? Persistence::keep_alive : Persistence::implied;
}

std::span<const char> ClientConnection::write_head(const ResponseHead& head,
                                                   const ResponseExtras& extras,
                                                   Persistence persistence) {
  std::string_view block = extras.block;
  std::string with_upgrade;
  if (head.status == 426) block = with_upgrade = add_wanted_upgrade(head.fields, block);
  const bool is_final = head.status >= 200;
  const ListenerHeaders& headers = listener_->headers;
  const bool edits =
      (is_final || head.status == 101) && !(headers.drop.empty() && headers.lines.empty());
  const ResponseImage image{
      .head = head,
      .framing = response_framing_,
      .persistence = persistence,
      .edits = extras.edits,
      .block = block,
      .listener_block = peer_.secure && is_final ? listener_->response_block : std::string_view{},
      .listener_edits = edits ? &headers : nullptr};
  std::vector<char>& out = plane_.head_out;
  const std::size_t bound = response_bound(image);
  if (out.size() < bound) out.resize(bound);
  return {out.data(), write_response(image, out.data())};
}

net::Stream::Sending ClientConnection::send_informational(const ResponseHead& head) {
  static const routing::HeaderEdits kNoEdits;
  response_framing_ = BodyFraming::none;
  Outgoing out(BodyFraming::none);
  // HTTP/1.0 would not understand it (RFC 9110 section 15.2).
  if (!http_1_0_) out.add(write_head(head, {kNoEdits, {}}, Persistence::implied));
  if (head.status == 100 && std::exchange(awaits_continue_, false))
    stream_.receive_by(plane_.worker.now() + listener_->spec.timeouts.body);
  return stream_.send(out.pieces());
}

net::Stream::Sending ClientConnection::send_response(const ResponseHead& head,
                                                     const ResponseExtras& extras,
                                                     const BodyPiece& first) {
  response_framing_ = choose_framing(head);
  Outgoing out(response_framing_);
  out.add(write_head(head, extras, choose_persistence(head)));
  if (response_framing_ != BodyFraming::none) out.add_body(first);
  return stream_.send(out.pieces());
}

net::Stream::Sending ClientConnection::send_body(const BodyPiece& piece) {
  Outgoing out(response_framing_);
  out.add_body(piece);
  return stream_.send(out.pieces());
}

// Without RST a body that ends with the connection would look complete.
void ClientConnection::break_off() noexcept {
  closing_ = broken_ = true;
  stream_.reset_on_close();
}

net::Stream& ClientConnection::tunnel() noexcept {
  closing_ = tunnelled_ = true;
  release_head();
  return stream_;
}

// ---- events --------------------------------------------------------------------------------

void ClientConnection::close_if_idle() noexcept {
  if (!idle_ || !stream_.input().empty()) return;
  stream_.receive_by(plane_.worker.now() + kDrainGrace);
}

void ClientConnection::close_now() noexcept {
  broken_ = true;
  stream_.cancel(net::IoStatus::cancelled);
  if (watcher_ != nullptr) watcher_->on_client_gone();
}

// A FIN after the whole request is no farewell (design row 36); a RST is.
void ClientConnection::on_unawaited(bool alive) {
  if (!alive && watcher_ != nullptr) watcher_->on_client_gone();
}

}  // namespace sluice::proxy::http1
