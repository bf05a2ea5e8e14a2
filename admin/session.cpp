#include "admin/session.hpp"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "admin/host_policy.hpp"

namespace sluice::admin {

namespace beast = boost::beast;

Session::Session(Socket socket, const Router& router, const SessionLimits& limits, bool checks_host,
                 OnEnd on_end)
    : stream_(std::move(socket)),
      router_(router),
      limits_(limits),
      checks_host_(checks_host),
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
  if (!error) return write(answer());
  if (error == http::error::body_limit)
    return write(
        make_problem(http::status::payload_too_large, "too_large", "the body is too long"));
  if (error.category() == beast::error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return write(make_problem(http::status::bad_request, "bad_request", error.message()));
  close();  // gone, or too slow
}

Response Session::answer() const {
  const Request& request = parser_->get();
  const auto hosts = request.count(http::field::host);
  if (hosts != 1)
    return make_problem(http::status::bad_request, "bad_request", "one Host header is needed");
  if (checks_host_ && !may_name_us(request[http::field::host]))
    return make_problem(http::status::misdirected_request, "misdirected",
                        "the Host must be an IP address or localhost");
  return router_.answer(request);
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
