#include "proxy/exchange.hpp"

#include <string>

#include "proxy/access_line.hpp"
#include "proxy/answer.hpp"
#include "proxy/attempts.hpp"
#include "proxy/cause.hpp"
#include "proxy/connecting.hpp"
#include "proxy/download.hpp"
#include "proxy/exchange_record.hpp"
#include "proxy/fields_of_ours.hpp"
#include "proxy/http1/upstream_channel.hpp"
#include "proxy/own_answer.hpp"
#include "proxy/placing.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/upload.hpp"

namespace sluice::proxy {
namespace {

constexpr unsigned kInformationalMax = 16;  // design row 24
// A connection that had died while it was idle says so after one round trip. What ends later was
// being worked on.
constexpr std::chrono::milliseconds kStaleWithin{200};

class Exchange final : private ClientWatcher, private net::Deadline {
 public:
  Exchange(WorkerPlane& plane, ClientSide& client)
      : plane_(plane),
        client_(client),
        pin_(plane.snapshot),
        started_(plane.worker.now()),
        attempts_(plane, decision_),
        upload_(plane.worker, client, placing_) {
    client_.watch(this);
  }
  ~Exchange() override { client_.watch(nullptr); }

  static net::Task<void> run(WorkerPlane& plane, ClientSide& client);
  net::FrameRoom& frame_room() noexcept { return frames_; }

 private:
  net::Memory touched() const noexcept;
  FailureKind begin();
  net::Task<FailureKind> answer_itself();

  // ---- towards the upstream ----
  net::Task<FailureKind> await_body();
  bool take_idle_connection() noexcept;
  net::Task<FailureKind> connect();
  net::Task<FailureKind> attempt();
  FailureKind end_attempt(UpstreamSide& upstream, FailureKind failure);
  net::Task<FailureKind> converse(UpstreamSide& upstream);

  const routing::UpstreamSpec& upstream_spec() const noexcept {
    return attempts_.target().upstream->spec;
  }
  bool try_again(FailureKind failure, std::uint16_t status) noexcept;

  // ---- towards the client ----
  net::Task<FailureKind> receive_response(UpstreamSide& upstream);
  net::Task<FailureKind> relay_rest(UpstreamSide& upstream);
  net::Task<FailureKind> relay_tunnel(UpstreamSide& upstream);

  // ---- ends ----
  FailureKind fail(FailureKind failure, std::string_view detail) noexcept;
  FailureKind blame_client(const BodyPiece& piece) noexcept;
  FailureKind break_off(net::IoStatus sent) noexcept;
  FailureKind true_cause(FailureKind seen) noexcept;
  void give_up() noexcept;
  void on_client_gone() override;
  void on_deadline() override;
  bool is_where_placed() const noexcept { return attempts_.target().arm == decision_.arm; }
  void end_watch(FailureKind failure) noexcept;
  void record(FailureKind failure);

  WorkerPlane& plane_;
  ClientSide& client_;
  SnapshotPin pin_;
  net::SteadyTime started_;
  net::SteadyTime turned_;  // to the upstream, when the last attempt began or had its place
  Placing placing_;
  const routing::Decision& decision_ = placing_.decision;
  Attempts attempts_;
  Upload upload_;
  Watched watched_;
  upstream::Lease lease_;
  upstream::LeaseHandle leasing_;
  UpstreamSide* upstream_ = nullptr;  // while an attempt lasts

  // What is needed of the head after its views are void.
  Method method_ = Method::other;
  BodyFraming body_ = BodyFraming::none;
  std::string offered_;  // protocols to switch to

  std::string_view detail_;
  unsigned attempts_made_ = 0;
  std::uint16_t status_ = 0;  // that went out to the client; 0: none yet
  bool had_place_ = false;    // at the endpoint of the last attempt; else it says nothing of it
  bool heard_upstream_ = false;
  bool stale_connection_ = false;  // that of the last attempt turned out to be
  bool once_more_ = false;         // the response was not taken: another attempt follows
  bool client_gone_ = false;
  bool route_timed_out_ = false;
  bool uploading_ = false;       // at that moment
  std::uint64_t tunnelled_ = 0;  // bytes from the client
  std::uint64_t swallowed_ = 0;  // of a request body that no upstream gets
  std::uint64_t response_bytes_ = 0;
  net::FrameRoom frames_;  // of the tasks above, as many as fit
};

// ---- the story -----------------------------------------------------------------------------

net::Task<void> Exchange::run(WorkerPlane& plane, ClientSide& client) {
  Exchange self(plane, client);
  FailureKind failure = self.begin();
  const bool asks_upstream = failure == FailureKind::none && !self.placing_.answers_itself;
  if (failure == FailureKind::none && !asks_upstream) failure = co_await self.answer_itself();
  if (asks_upstream && !client.body_has_arrived() && !client.awaits_continue())
    failure = co_await self.await_body();
  if (asks_upstream && failure == FailureKind::none) {
    do {
      failure = co_await self.attempt();
      if (self.placing_.trace) end_span(*self.placing_.trace, plane.worker.now(), failure);
    } while (std::exchange(self.once_more_, false) ||
             (failure != FailureKind::none && self.try_again(failure, 0)));
  }
  net::DeadlineWheel::clear(self);
  if (failure != FailureKind::none && self.status_ == 0) {
    self.status_ = treatment_of(failure).status;
    const std::string fields = fields_of_refusal(failure, self.placing_);
    const Answered answered = co_await answer(client, plane, failure, self.detail_, {}, fields);
    self.response_bytes_ += answered.body_bytes;
    if (answered.status != net::IoStatus::ok) client.break_off();
  }
  self.record(failure);
}

// What goes on when the response comes: this, and run()'s frame around it.
net::Memory Exchange::touched() const noexcept {
  constexpr std::size_t kBefore = 64;
  constexpr std::size_t kBehind = 128;
  const net::Memory self = net::memory_of(this, sizeof *this);
  return {self.begin - kBefore, kBefore + self.bytes + kBehind};
}

FailureKind Exchange::begin() {
  const RequestHead& head = plane_.request;
  method_ = head.method_id;
  body_ = head.body;
  upload_.expect(body_);
  if (!head.upgrade.empty()) offered_ = head.upgrade;
  place(plane_, client_, *pin_, placing_);
  plane_.watch.begin(watched_, decision_, pin_->generation, started_, client_.body_has_arrived());
  if (placing_.failure != FailureKind::none) return fail(placing_.failure, placing_.detail);
  if (!placing_.answers_itself) attempts_.begin();
  const auto limit = decision_.route->spec.request_timeout;
  if (limit.count() > 0) plane_.worker.deadlines().set(*this, started_ + limit);
  return FailureKind::none;
}

net::Task<FailureKind> Exchange::answer_itself() {
  const BodyPiece end = co_await swallow_body(client_, swallowed_);
  if (end.broken()) co_return true_cause(blame_client(end));
  status_ = own_status(decision_.route->spec);
  const Answered answered =
      co_await send_own_answer(client_, plane_, *decision_.route, placing_.location);
  response_bytes_ = answered.body_bytes;
  if (answered.status == net::IoStatus::ok) co_return FailureKind::none;
  co_return break_off(answered.status);
}

// A client that announces a body and sends none must not hold a connection to an upstream, nor make
// it see half a message. One that waits for 100 Continue is another matter: the upstream says that.
net::Task<FailureKind> Exchange::await_body() {
  const net::IoStatus status = co_await client_.await_body();
  if (status == net::IoStatus::ok) co_return FailureKind::none;
  co_return true_cause(blame_client({{}, BodyEnd::cut, status}));
}

// ---- towards the upstream ------------------------------------------------------------------

// After an idle connection turned out to be dead the next idle one is no better.
bool Exchange::take_idle_connection() noexcept {
  return attempts_.find_room() && !attempts_.renewed() && attempts_.pool().take_idle(lease_);
}

net::Task<FailureKind> Exchange::connect() {
  const auto wanted = attempts_.renewed() ? upstream::Wanted::fresh : upstream::Wanted::any;
  const std::string preface = preface_for(upstream_spec(), client_.peer());
  upstream::Leased leased =
      co_await attempts_.pool().lease(wanted, upstream_spec().connect_timeout, leasing_, preface);
  had_place_ = leased.wait == upstream::WaitEnd::admitted;
  if (had_place_) turned_ = leased.placed;
  if (client_gone_ || route_timed_out_) co_return true_cause(FailureKind::connect_failed);
  if (!leased.lease) {
    const ConnectRefusal refusal = refusal_of(leased);
    co_return fail(refusal.failure, refusal.detail);
  }
  lease_ = std::move(leased.lease);
  co_return FailureKind::none;
}

net::Task<FailureKind> Exchange::attempt() {
  ++attempts_made_;
  turned_ = plane_.worker.now();
  heard_upstream_ = false;
  stale_connection_ = false;
  had_place_ = true;
  const bool has_connection = take_idle_connection();  // perhaps of another endpoint
  if (placing_.trace) begin_span(plane_, placing_, attempts_.target());
  if (!has_connection) {
    const FailureKind failure = co_await connect();
    if (failure != FailureKind::none) co_return failure;
  }
  lease_.stream().set_context({touched(), client_.touched(), lease_.touched()});
  lease_.stream().set_write_timeout(upstream_spec().response_timeout);
  http1::UpstreamChannel channel(lease_.stream(), {method_, body_, offered_});
  upstream_ = &channel;
  const BodyPiece first = upload_.first_piece();
  if (first.broken()) co_return end_attempt(channel, blame_client(first));
  const bool whole = first.end == BodyEnd::last;
  const net::IoStatus sent =
      co_await channel.send_request({placing_.image.bytes(), placing_.image_size}, first);
  FailureKind failure = FailureKind::none;
  if (whole || sent != net::IoStatus::ok)
    failure = co_await receive_response(channel);
  else
    failure = co_await converse(channel);
  stale_connection_ = lease_.reused() && plane_.worker.now() - turned_ < kStaleWithin;
  co_return end_attempt(channel, failure);
}

FailureKind Exchange::end_attempt(UpstreamSide& upstream, FailureKind failure) {
  upstream_ = nullptr;
  heard_upstream_ = upstream.received_anything();
  lease_.stream().set_context({});
  const bool reusable = failure == FailureKind::none && upstream.finish();
  if (reusable)
    lease_.give_back();
  else
    lease_.drop();
  return true_cause(failure);
}

// Receives the response, sends the rest of the request body beside it: an upstream may answer
// before it has read everything (design row 27).
net::Task<FailureKind> Exchange::converse(UpstreamSide& upstream) {
  net::Task<void> upload = upload_.run(upstream, upstream_spec().response_timeout);
  upload.start();
  FailureKind failure = co_await receive_response(upstream);
  upload_.stop(upstream);
  co_await upload;
  // What the upload's failure made us cancel is not the upstream's fault.
  if (upload_.failure().broken() && failure != FailureKind::none)
    failure = blame_client(upload_.failure());
  co_return failure;
}

// Arranges another attempt, if one is allowed and there is somebody to make it with. `status`: of a
// response that nobody was told of.
bool Exchange::try_again(FailureKind failure, std::uint16_t status) noexcept {
  if (status_ != 0 || client_gone_ || route_timed_out_) return false;
  const bool placed_here = is_where_placed();
  const auto again = attempts_.arrange_another(*pin_, {.failure = failure,
                                                       .status = status,
                                                       .idempotent = is_idempotent(method_),
                                                       .replayable = upload_.replayable(),
                                                       .heard = heard_upstream_,
                                                       .stale_connection = stale_connection_});
  // The next attempt may save the request, not the name of who failed.
  if (again && placed_here && is_failure(*again)) plane_.watch.fail(watched_, plane_.worker.now());
  return again.has_value();
}

// ---- towards the client --------------------------------------------------------------------

net::Task<FailureKind> Exchange::receive_response(UpstreamSide& upstream) {
  ResponseHead& head = plane_.response;
  unsigned informational = 0;
  for (;; ++informational) {
    // While the body is coming the client sets the pace, unless it waits for 100 Continue.
    const net::SteadyTime until = upload_.running() && !client_.awaits_continue()
                                      ? net::SteadyTime::max()
                                      : plane_.worker.now() + upstream_spec().response_timeout;
    HeadOutcome outcome = upstream.look_for_head(head, until);
    while (outcome.awaited) {
      const net::IoStatus received = co_await upstream.more();
      outcome = upstream.look_on(head, received);
    }
    if (outcome.failure != FailureKind::none) co_return fail(outcome.failure, outcome.detail);
    if (placing_.trace) placing_.trace->attempts.back().status = head.status;
    if (head.status >= 200 || head.status == 101) break;
    if (informational == kInformationalMax)
      co_return fail(FailureKind::bad_response, "too many informational responses");
    const net::IoStatus sent = co_await client_.send_informational(head);
    if (sent != net::IoStatus::ok) co_return FailureKind::client_gone;
  }
  // Nobody is told of a response that the route would rather have from somebody else.
  if (head.status >= 400 && !upload_.running() && informational == 0 &&
      try_again(FailureKind::none, head.status)) {
    once_more_ = true;
    upstream.buffered_body();  // if it is all there the connection can be kept
    co_return FailureKind::none;
  }
  if (head.status >= 500 && is_where_placed())
    plane_.watch.fail(watched_, plane_.worker.now());
  else
    plane_.watch.respond(watched_, plane_.worker.now());
  const bool switches = head.status == 101;
  const BodyPiece first = switches ? BodyPiece{{}, BodyEnd::last} : upstream.buffered_body();
  if (first.broken()) co_return fail(FailureKind::bad_response, "malformed chunked body");
  status_ = head.status;
  const std::string_view fields = fields_of_response(plane_, client_, placing_, attempts_.target());
  const net::IoStatus sent =
      co_await client_.send_response(head, {decision_.route->response_edits, fields}, first);
  response_bytes_ += first.bytes.size();
  if (sent != net::IoStatus::ok) co_return break_off(sent);
  if (first.end != BodyEnd::last) co_return co_await relay_rest(upstream);
  if (switches) co_return co_await relay_tunnel(upstream);
  co_return FailureKind::none;
}

net::Task<FailureKind> Exchange::relay_rest(UpstreamSide& upstream) {
  const Download rest =
      co_await download(plane_.worker, client_, upstream, upstream_spec().response_timeout);
  response_bytes_ += rest.bytes;
  co_return rest.failure;
}

net::Task<FailureKind> Exchange::relay_tunnel(UpstreamSide& upstream) {
  net::DeadlineWheel::clear(*this);  // the request is over; what follows has a pace of its own
  const TunnelOutcome outcome = co_await run_tunnel(client_.tunnel(), upstream.tunnel(),
                                                    decision_.route->spec.tunnel_timeout);
  tunnelled_ = outcome.bytes_from_client;
  response_bytes_ += outcome.bytes_from_upstream;
  if (outcome.end == TunnelEnd::client_failed) co_return FailureKind::client_gone;
  if (outcome.end == TunnelEnd::upstream_failed) co_return FailureKind::response_cut;
  co_return FailureKind::none;
}

// ---- ends ----------------------------------------------------------------------------------

FailureKind Exchange::fail(FailureKind failure, std::string_view detail) noexcept {
  detail_ = detail;
  return failure;
}

FailureKind Exchange::blame_client(const BodyPiece& piece) noexcept {
  const Cause cause = cause_of(piece);
  return fail(cause.failure, cause.detail);
}

FailureKind Exchange::break_off(net::IoStatus sent) noexcept {
  client_.break_off();
  return cause_of_unsent(sent);
}

// What we cancelled ourselves shows as the upstream's failure; this names what was behind it.
FailureKind Exchange::true_cause(FailureKind seen) noexcept {
  if (seen == FailureKind::none) return seen;
  if (client_gone_) return FailureKind::client_gone;
  if (route_timed_out_)
    return fail(FailureKind::route_timeout, "the route's time for a request is over");
  return seen;
}

void Exchange::give_up() noexcept {
  client_.interrupt_body();
  leasing_.give_up();
  if (upstream_ != nullptr) upstream_->cancel(net::IoStatus::cancelled);
}

void Exchange::on_client_gone() {
  client_gone_ = true;
  give_up();
}

void Exchange::on_deadline() {
  route_timed_out_ = true;
  uploading_ = upload_.running();
  give_up();
}

// A failure that is the client's or our own says nothing of the upstream.
void Exchange::end_watch(FailureKind failure) noexcept {
  const Treatment& treatment = treatment_of(failure);
  const bool ours = failure == FailureKind::overloaded || failure == FailureKind::shutdown;
  // The route's time went by while the client was still sending.
  const bool dawdled = failure == FailureKind::route_timeout && (attempts_made_ == 0 || uploading_);
  if (failure == FailureKind::none) return plane_.watch.end(watched_);
  if (ours || dawdled || treatment.blame == Blame::client) return plane_.watch.abandon(watched_);
  if (decision_.endpoint == nullptr || is_where_placed())
    plane_.watch.fail(watched_, plane_.worker.now());
  plane_.watch.end(watched_);
}

void Exchange::record(FailureKind failure) {
  const net::SteadyTime now = plane_.worker.now();
  end_watch(failure);
  const ExchangeRecord record{.decision = decision_,
                              .target = had_place_ ? attempts_.target() : routing::Target{},
                              .method = method_,
                              .status = status_,
                              .failure = failure,
                              .attempts = attempts_made_,
                              .request_bytes = upload_.bytes() + tunnelled_ + swallowed_,
                              .response_bytes = response_bytes_,
                              .began = started_,
                              .duration = now - started_,
                              .upstream_duration = now - turned_,
                              .generation = pin_->generation};
  count(plane_.shard, record);
  finish_line(plane_, std::move(placing_.line), record);
  finish_trace(plane_, std::move(placing_.trace), record);
}

}  // namespace

net::Task<void> exchange(WorkerPlane& plane, ClientSide& client) {
  return Exchange::run(plane, client);
}

}  // namespace sluice::proxy
