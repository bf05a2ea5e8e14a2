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

bool changes_something(http::verb method) {
  return method != http::verb::get && method != http::verb::head;
}

}  // namespace

Session::Session(Socket socket, Desk& desk, const SessionLimits& limits, OnEnd on_end)
    : stream_(std::move(socket)),
      desk_(desk),
      limits_(limits),
      peer_(peer_of(stream_.socket())),
      on_end_(std::move(on_end)) {}

void Session::read() {
  parser_.emplace();
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(limits_.body_bytes);
  stream_.expires_after(limits_.request);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
}

void Session::on_read(beast::error_code error) {
  if (!error) return answer();
  if (error == http::error::body_limit)
    return write(
        make_problem(http::status::payload_too_large, "too_large", "the body is too long"));
  if (error.category() == beast::error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return write(make_problem(http::status::bad_request, "bad_request", error.message()));
  close();  // gone, or too slow
}

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
  const std::string_view target(request.target().data(), request.target().size());
  const bool by_tcp = !peer_.is_unix();
  const std::string peer = by_tcp ? peer_.to_string() : "unix";
  auto found = desk_.router.find(request.method(), target);
  const Role needed = found.resource != nullptr ? found.resource->role : Role::viewer;
  auto admitted = desk_.doorkeeper.admit(
      {request, peer.substr(0, peer.rfind(':')), by_tcp, std::chrono::steady_clock::now()}, needed);
  control::Actor actor{"-", "", peer};
  if (auto* const refusal = std::get_if<Response>(&admitted))
    return turn_away(std::move(*refusal), actor);
  const Identity& identity = std::get<Identity>(admitted);
  actor.name = identity.name;
  actor.role = label(identity.role);
  if (found.resource == nullptr) return turn_away(answer_not_found(found, target), actor);
  if (auto refusal = refuse_content(*found.resource)) return turn_away(*std::move(refusal), actor);
  stream_.expires_never();
  const auto refuse = [this, actor](Response response) {
    desk_.waiting.erase(shared_from_this());
    turn_away(std::move(response), actor);
  };
  const Call call{request, std::move(found.parameters), actor, refuse};
  if (found.resource->feed) return open_stream(*found.resource, call);
  hand_to(found.resource->handler, call);
}

void Session::hand_to(const Handler& handler, const Call& call) {
  if (!changes_something(call.request.method())) return handler(call, reply());
  const auto key = read_idempotency_key(call.request);
  if (!key) return write(key.error());
  if (!*key) return handler(call, reply());
  hand_once(handler, call, **key);
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
void Session::note_refusal(const Response& response, const control::Actor& actor) {
  const Request& request = parser_->get();
  const bool missing = response.result() == http::status::not_found ||
                       response.result() == http::status::method_not_allowed;
  if (!desk_.on_refusal || (missing && !changes_something(request.method()))) return;
  const std::string_view target(request.target().data(), request.target().size());
  control::AuditRow row;
  row.actor = actor;
  row.action = std::string(request.method_string());
  // What stands behind the mark may be a secret.
  row.target = std::string(target.substr(0, std::min(target.find('?'), kTargetShown)));
  row.result = "refused: " + std::to_string(response.result_int());
  if (actor.role.empty()) {
    const auto [written, left_out] = desk_.strangers.count(std::chrono::steady_clock::now());
    if (!written) return;
    if (left_out > 0) row.reason = "after " + std::to_string(left_out) + " more without a line";
  }
  desk_.on_refusal(std::move(row));
}

void Session::turn_away(Response response, const control::Actor& actor) {
  note_refusal(response, actor);
  write(std::move(response));
}

// The answer may come from any thread, and when the connection or the server has gone.
Reply Session::reply() {
  desk_.waiting.insert(shared_from_this());
  const std::uint64_t number = ++requests_;
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

void Session::write(Response response) {
  const bool whole = parser_->is_done();
  response_.emplace(std::move(response));
  response_->version(11);
  response_->keep_alive(whole && parser_->get().keep_alive());
  response_->prepare_payload();
  serializer_.emplace(*response_);
  const auto then = [self = shared_from_this()](beast::error_code error, std::size_t) {
    if (error || !self->response_->keep_alive()) return self->close();
    self->read();
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
