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
  if (found.resource == nullptr) return write(answer_not_found(found, target));
  if (auto refusal = refuse_content(*found.resource)) return turn_away(*std::move(refusal), actor);
  stream_.expires_never();
  try {
    found.resource->handler({request, std::move(found.parameters), std::move(actor)}, reply());
  } catch (const std::exception& error) {
    desk_.waiting.erase(shared_from_this());
    write(make_problem(http::status::internal_server_error, "internal", error.what()));
  }
}

// A form of a page of another origin can send other types only.
std::optional<Response> Session::refuse_content(const Resource& resource) const {
  const Request& request = parser_->get();
  if (!changes_something(request.method()) || request.body().empty()) return std::nullopt;
  const std::string_view given = request[http::field::content_type];
  const std::string_view type = given.substr(0, given.find(';'));
  if (boost::beast::iequals(type, resource.content_type)) return std::nullopt;
  return make_problem(http::status::unsupported_media_type, "unsupported_media_type",
                      "send " + resource.content_type);
}

void Session::turn_away(Response response, const control::Actor& actor) {
  const Request& request = parser_->get();
  if (desk_.on_refusal) {
    control::AuditRow row;
    row.actor = actor;
    row.action = std::string(request.method_string());
    row.target = std::string(request.target().substr(0, kTargetShown));
    row.result = "refused: " + std::to_string(response.result_int());
    desk_.on_refusal(std::move(row));
  }
  write(std::move(response));
}

// The answer may come from any thread, and when the server has gone.
Reply Session::reply() {
  desk_.waiting.insert(shared_from_this());
  return [weak = weak_from_this()](Response response) {
    const auto self = weak.lock();
    if (!self) return;
    asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
      if (self->desk_.waiting.erase(self) != 0) self->write(std::move(response));
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
