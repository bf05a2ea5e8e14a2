#include "app/admin_connection.hpp"

#include <cerrno>
#include <optional>

#include <boost/asio/error.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/address.hpp"

namespace sluice::app {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

std::optional<net::Address> parse_admin(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  while (text.ends_with('/') && !text.starts_with("unix:")) text.remove_suffix(1);
  return net::Address::parse(text);
}

// Of the socket itself: they hold for connect() too.
void set_deadlines(int descriptor, std::chrono::seconds patience) {
  const timeval wait{.tv_sec = patience.count(), .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

error_code error_of_call() {
  // Of a deadline that has passed: connect() says the second.
  if (errno == EAGAIN || errno == EINPROGRESS) return asio::error::timed_out;
  return {errno, boost::system::system_category()};
}

// What is most likely wrong, for whoever sits before it.
std::string nobody_there(const std::string& admin, const error_code& error) {
  std::string text = "nothing answers at " + admin + ": " + error.message();
  if (error == asio::error::connection_refused ||
      error == boost::system::errc::no_such_file_or_directory)
    text +=
        "; is `sluice run` up, with `admin: { listen: ... }`? Another address: --admin or "
        "SLUICE_ADMIN";
  if (error == asio::error::access_denied) text += "; the socket is for its owner alone";
  return text;
}

}  // namespace

AdminSocket::~AdminSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t AdminSocket::receive(asio::mutable_buffer into, error_code& error) {
  const ssize_t size = ::recv(descriptor_, into.data(), into.size(), 0);
  error = size > 0 ? error_code() : size == 0 ? asio::error::eof : error_of_call();
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::size_t AdminSocket::send(asio::const_buffer from, error_code& error) {
  const ssize_t size = ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL);
  error = size >= 0 ? error_code() : error_of_call();
  return size >= 0 ? static_cast<std::size_t>(size) : 0;
}

Result<AdminConnection, std::string> connect_admin(const AdminAddress& admin,
                                                   std::chrono::seconds patience) {
  const auto address = parse_admin(admin.admin);
  if (!address)
    return Failure{"'" + admin.admin +
                   "' is no admin address: write http://127.0.0.1:9901 or unix:/path"};
  AdminConnection connection{
      AdminSocket(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0)),
      address->is_unix() ? "localhost" : address->to_string()};
  const int descriptor = connection.socket.descriptor();
  set_deadlines(descriptor, patience);
  if (descriptor < 0 || ::connect(descriptor, address->raw(), address->length()) != 0)
    return Failure{nobody_there(admin.admin, error_of_call())};
  return connection;
}

http::request<http::string_body> make_admin_request(const AdminAddress& admin,
                                                    const std::string& host,
                                                    const AdminQuestion& question) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(question.method);
  request.target(question.target);
  request.set(http::field::host, host);
  request.set(http::field::connection, "close");
  if (!admin.token.empty()) request.set(http::field::authorization, "Bearer " + admin.token);
  if (!question.if_match.empty()) request.set(http::field::if_match, question.if_match);
  for (const auto& [name, value] : question.fields) request.set(name, value);
  if (!question.body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = question.body;
  request.prepare_payload();
  return request;
}

}  // namespace sluice::app
