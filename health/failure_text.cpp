#include "health/failure_text.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include "health/printable.hpp"

namespace sluice::health {
namespace {

using boost::system::error_code;

std::string explain_http(const error_code& error) {
  if (error == http::error::end_of_stream) return "the connection ended before the response";
  if (error == http::error::partial_message) return "the connection ended within the response";
  if (error == http::error::header_limit) return "the head is larger than 8 KiB";
  if (error == http::error::buffer_overflow) return "not HTTP: a line that does not end";
  return "not HTTP: " + printable(error.message());
}

}  // namespace

std::string explain_failure(const error_code& error) {
  if (error.category() == http::make_error_code(http::error::end_of_stream).category())
    return explain_http(error);
  if (error == asio::error::connection_refused) return "connection refused";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe)
    return "the connection was reset";
  if (error == asio::error::eof) return "the connection ended before the response";
  if (error == asio::error::timed_out) return "the network gave up connecting";
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable)
    return "no route to the endpoint";
  if (error == boost::system::errc::no_such_file_or_directory) return "no such socket";
  if (error == asio::error::no_descriptors) return "no file descriptor is left for the check";
  return printable(error.message());
}

bool is_our_own(const error_code& error) noexcept {
  namespace errc = boost::system::errc;
  return error == asio::error::no_descriptors || error == errc::too_many_files_open_in_system ||
         error == asio::error::no_buffer_space || error == asio::error::no_memory ||
         error == errc::address_not_available;
}

}  // namespace sluice::health
