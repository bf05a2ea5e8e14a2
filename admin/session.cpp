#include "admin/session.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace sluice::admin {

namespace beast = boost::beast;

namespace {

net::Address peer_of(const Session::Socket& socket) {
  beast::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? net::Address()
               : net::Address::from_raw(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

constexpr std::size_t kTargetShown = 256;

// Of a body that is read only to be thrown away.
constexpr std::uint64_t kStrangersBody = 64 * 1024;

std::string_view target_of(const Request& request) {
  return {request.target().data(), request.target().size()};
}

bool changes_something(http::verb method) {
  return method != http::verb::get && method != http::verb::head;
}

}  // namespace

Session::Session(Socket socket, Desk& desk, const SessionLimits& limits, OnEnd on_end)
    : stream_(std::move(socket)),
      desk_(desk),
      limits_(limits),
      peer_(peer_of(stream_.socket())),
      on_end_(std::move(on_end)),
      reply_timer_(stream_.get_executor()) {}

Session::~Session() {
  speak();
  on_end_();
}

// ---- reading -------------------------------------------------------------------------------

void Session::be_silent() {
  desk_.silent.push_back(this);
  silence_ = std::prev(desk_.silent.end());
}

void Session::speak() {
  if (silence_) desk_.silent.erase(*std::exchange(silence_, {}));
}

void Session::give_way() {
  speak();
  stream_.close();
}

void Session::read() {
  if (desk_.stopping) return close();
  parser_.emplace();
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(boost::none);  // who asks decides how much it may be
  stream_.expires_after(limits_.request);
  be_silent();
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_head(error); });
}

void Session::on_head(beast::error_code error) {
  speak();
  actor_ = {"-", "", peer_.is_unix() ? "unix" : peer_.to_string()};
  if (error) return refuse_to_read(error);
  judge();
  const std::uint64_t most = refusal_ ? kStrangersBody : limits_.body_bytes;
  if (parser_->content_length().value_or(0) > most) return refuse_to_read(http::error::body_limit);
  parser_->body_limit(most);
  read_body();
}

// Before anything of the body is looked at. What was refused is said when the body, if it is small,
// has come: only then the connection can be used again.
void Session::judge() {
  const Request& request = parser_->get();
  found_ = desk_.router.find(request.method(), target_of(request));
  const Role needed = found_.resource != nullptr ? found_.resource->role : Role::viewer;
  auto admitted = desk_.doorkeeper.admit({request, actor_.peer.substr(0, actor_.peer.rfind(':')),
                                          !peer_.is_unix(), std::chrono::steady_clock::now()},
                                         needed);
  auto* const refusal = std::get_if<Response>(&admitted);
  // Also of who may not do this it is said who it was.
  const auto identity =
      refusal != nullptr ? desk_.doorkeeper.recognise(request) : std::get<Identity>(admitted);
  if (identity) {
    actor_.name = identity->name;
    actor_.role = label(identity->role);
  }
  refusal_.reset();
  if (refusal == nullptr) return;
  refusal_ = std::move(*refusal);
  note_refusal(*refusal_);
}

void Session::read_body() {
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_body(error); });
}

void Session::on_body(beast::error_code error) {
  if (error) return refuse_to_read(error);
  if (refusal_) return write(*std::exchange(refusal_, {}));
  answer();
}

void Session::refuse_to_read(beast::error_code error) {
  if (error == http::error::body_limit && refusal_) return write(*std::exchange(refusal_, {}));
  if (error == http::error::body_limit)
    return turn_away(
        make_problem(http::status::payload_too_large, "too_large", "the body is too long"));
  if (error.category() == beast::error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return turn_away(make_problem(http::status::bad_request, "bad_request", error.message()));
  close();  // gone, or too slow
}

// ---- answering -----------------------------------------------------------------------------

void Session::answer() {
  try {
    answer_or_throw();
  } catch (const std::exception& error) {
    desk_.waiting.erase(shared_from_this());
    ++requests_;  // whatever a handler has begun is for nobody
    write(make_problem(http::status::internal_server_error, "internal", error.what()));
  }
}

void Session::answer_or_throw() {
  const Request& request = parser_->get();
  if (found_.resource == nullptr) return turn_away(answer_not_found(found_, target_of(request)));
  if (auto refusal = refuse_content(*found_.resource)) return turn_away(*std::move(refusal));
  stream_.expires_never();
  const auto refuse = [this](Response response) {
    desk_.waiting.erase(shared_from_this());
    turn_away(std::move(response));
  };
  const Call call{request, std::move(found_.parameters), actor_, refuse};
  if (found_.resource->feed) return open_stream(*found_.resource, call);
  hand_to(found_.resource->handler, call);
}

// The connection goes on without this session, whose place is free then.
void Session::open_stream(const Resource& resource, const Call& call) {
  if (call.request.method() == http::verb::head)
    return write(make_response(http::status::ok, resource.doc.answer_type, ""));
  if (desk_.streams_end || desk_.streams.size() >= limits_.streams) {
    Response busy = make_problem(http::status::service_unavailable, "busy",
                                 desk_.streams_end ? "draining" : "too many others follow already");
    busy.set(http::field::retry_after, "5");
    return write(std::move(busy));
  }
  auto feed = resource.feed(call);
  if (!feed) return write(std::move(feed).error());
  const auto welcome = [&desk = desk_, request = call.request, role = resource.role] {
    return desk.doorkeeper.still_admits(request, role);
  };
  std::make_shared<EventStream>(stream_.release_socket(), std::move(feed).value(), welcome,
                                desk_.streams, limits_.stream)
      ->start(resource.doc.answer_type);
}

void Session::hand_to(const Handler& handler, const Call& call) {
  if (!changes_something(call.request.method())) return handler(call, reply());
  const auto key = read_idempotency_key(call.request);
  if (!key) return write(key.error());
  if (!*key) return handler(call, reply());
  hand_once(handler, call, held_as(call.actor.name, **key));
}

// Whatever becomes of the client, the answer is remembered.
void Session::hand_once(const Handler& handler, Call call, const std::string& key) {
  const auto found = desk_.replays->begin(key, fingerprint_of(call.request, call.actor.name),
                                          std::chrono::steady_clock::now());
  if (auto answer = answer_of(found)) return write(*std::move(answer));
  const auto remembered = [replays = desk_.replays, key](auto then) {
    return [replays, key, then = std::move(then)](Response response) {
      replays->settle(key, response);
      then(std::move(response));
    };
  };
  call.refuse = remembered(std::move(call.refuse));
  try {
    handler(call, remembered(reply()));
  } catch (...) {
    desk_.replays->forget(key);
    throw;
  }
}

// A form of a page of another origin can send other types only.
std::optional<Response> Session::refuse_content(const Resource& resource) const {
  const Request& request = parser_->get();
  if (!changes_something(request.method()) || request.body().empty()) return std::nullopt;
  const std::string_view given = request[http::field::content_type];
  const std::string_view type = given.substr(0, given.find(';'));
  if (boost::beast::iequals(type, resource.doc.content_type)) return std::nullopt;
  return make_problem(http::status::unsupported_media_type, "unsupported_media_type",
                      "send " + resource.doc.content_type);
}

// Reading what is not there needs no line.
void Session::note_refusal(const Response& response) {
  const Request& request = parser_->get();
  const bool missing = response.result() == http::status::not_found ||
                       response.result() == http::status::method_not_allowed;
  if (!desk_.on_refusal || (missing && !changes_something(request.method()))) return;
  const std::string_view target = target_of(request);
  control::AuditRow row;
  row.actor = actor_;
  row.action = request.method_string().empty() ? "-" : std::string(request.method_string());
  // What stands behind the mark may be a secret.
  row.target = std::string(target.substr(0, std::min(target.find('?'), kTargetShown)));
  row.result = "refused: " + std::to_string(response.result_int());
  if (actor_.role.empty()) {
    const auto [written, left_out] = desk_.strangers.count(std::chrono::steady_clock::now());
    if (!written) return;
    if (left_out > 0) row.reason = "after " + std::to_string(left_out) + " more without a line";
  }
  desk_.on_refusal(std::move(row));
}

void Session::turn_away(Response response) {
  note_refusal(response);
  write(std::move(response));
}

// The answer may come from any thread, and when the connection or the server has gone.
Reply Session::reply() {
  desk_.waiting.insert(shared_from_this());
  const std::uint64_t number = ++requests_;
  await_reply(number);
  return [weak = weak_from_this(), number](Response response) {
    auto self = weak.lock();
    if (!self) return;
    const auto executor = self->stream_.get_executor();
    asio::post(executor,
               [self = std::move(self), number, response = std::move(response)]() mutable {
                 if (number == self->requests_ && self->desk_.waiting.erase(self) != 0)
                   self->write(std::move(response));
               });
  };
}

// A handler that never answers must not hold a place for ever.
void Session::await_reply(std::uint64_t number) {
  reply_timer_.expires_after(limits_.handler);
  reply_timer_.async_wait([weak = weak_from_this(), number](beast::error_code error) {
    const auto self = weak.lock();
    if (error || !self || number != self->requests_ || self->desk_.waiting.erase(self) == 0) return;
    ++self->requests_;
    self->write(make_problem(http::status::service_unavailable, "no_answer",
                             "nothing came of it in time; it may still be done"));
  });
}

void Session::write(Response response) {
  reply_timer_.cancel();
  const bool whole = parser_->is_done();
  response_.emplace(std::move(response));
  response_->version(11);
  response_->keep_alive(whole && !desk_.stopping && parser_->get().keep_alive());
  response_->prepare_payload();
  serializer_.emplace(*response_);
  ++desk_.writing;
  const auto then = [self = shared_from_this()](beast::error_code error, std::size_t) {
    --self->desk_.writing;
    if (error || !self->response_->keep_alive())
      self->close();
    else
      self->read();
    if (self->desk_.on_written) self->desk_.on_written();
  };
  stream_.expires_after(limits_.response);
  if (whole && parser_->get().method() == http::verb::head)
    http::async_write_header(stream_, *serializer_, then);
  else
    http::async_write(stream_, *serializer_, then);
}

void Session::close() {
  beast::error_code ignored;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
}

}  // namespace sluice::admin
