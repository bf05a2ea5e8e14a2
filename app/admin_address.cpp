#include "app/admin_address.hpp"

#include <optional>

#include <CLI/CLI.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <sys/socket.h>
#include <sys/time.h>

#include "net/address.hpp"

namespace sluice::app {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Socket = asio::generic::stream_protocol::socket;

constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};
constexpr std::uint64_t kAnswerBytesMax = 64U << 20U;

std::optional<net::Address> parse_admin(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  while (text.ends_with('/') && !text.starts_with("unix:")) text.remove_suffix(1);
  return net::Address::parse(text);
}

boost::system::error_code connect(Socket& socket, const net::Address& address) {
  boost::system::error_code error;
  socket.open(asio::generic::stream_protocol(address.family(), 0), error);
  if (error) return error;
  // Deadlines of the socket itself: they hold for blocking calls, connect() included.
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  socket.connect(asio::generic::stream_protocol::endpoint(address.raw(), address.length()), error);
  return error;
}

}  // namespace

Result<AdminAnswer, std::string> ask_admin(const AdminAddress& admin,
                                           const AdminQuestion& question) {
  const auto address = parse_admin(admin.admin);
  if (!address)
    return Failure{"'" + admin.admin +
                   "' is no admin address: write http://127.0.0.1:9901 or unix:/path"};
  asio::io_context io;
  Socket socket(io);
  if (const auto error = connect(socket, *address))
    return Failure{"nothing answers at " + admin.admin + ": " + error.message()};
  http::request<http::string_body> request;
  request.method_string(question.method);
  request.target(question.target);
  request.set(http::field::host, address->is_unix() ? "localhost" : address->to_string());
  request.set(http::field::connection, "close");
  if (!admin.token.empty()) request.set(http::field::authorization, "Bearer " + admin.token);
  if (!question.if_match.empty()) request.set(http::field::if_match, question.if_match);
  if (!question.body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = question.body;
  request.prepare_payload();
  boost::system::error_code error;
  http::write(socket, request, error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> response;
  response.body_limit(kAnswerBytesMax);
  if (!error) http::read(socket, buffer, response, error);
  if (error) return Failure{"no answer from " + admin.admin + ": " + error.message()};
  return AdminAnswer{response.get().result_int(), std::move(response.get().body())};
}

std::shared_ptr<AdminAddress> add_admin_options(CLI::App& verb) {
  auto admin = std::make_shared<AdminAddress>();
  verb.add_option("--admin", admin->admin, "Admin address of the running proxy")
      ->envname("SLUICE_ADMIN")
      ->type_name("URL|unix:PATH")
      ->capture_default_str();
  verb.add_option("--token", admin->token, "Token for the admin API")
      ->envname("SLUICE_TOKEN")
      ->type_name("TOKEN");
  return admin;
}

}  // namespace sluice::app
