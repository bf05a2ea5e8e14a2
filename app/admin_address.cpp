#include "app/admin_address.hpp"

#include <CLI/CLI.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "app/admin_connection.hpp"

namespace sluice::app {
namespace {

namespace http = boost::beast::http;

constexpr std::chrono::seconds kPatience{10};
constexpr std::uint64_t kAnswerBytesMax = 64U << 20U;

}  // namespace

Result<AdminAnswer, std::string> ask_admin(const AdminAddress& admin,
                                           const AdminQuestion& question) {
  auto connection = connect_admin(admin, kPatience);
  if (!connection) return Failure{std::move(connection).error()};
  const auto request = make_admin_request(admin, connection->host, question);
  boost::system::error_code error;
  http::write(connection->socket, request, error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> response;
  response.body_limit(kAnswerBytesMax);
  if (!error) http::read(connection->socket, buffer, response, error);
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
