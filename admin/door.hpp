#pragma once
// The listening socket of the admin server.
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "base/result.hpp"
#include "net/address.hpp"

namespace sluice::admin {

namespace asio = boost::asio;

using Protocol = asio::generic::stream_protocol;  // TCP and Unix sockets alike
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;

struct Door {
  Acceptor acceptor;
  net::Address bound;  // with the port that the system picked
};

// Opens `listen` ("127.0.0.1:9901", "unix:/run/sluice/admin.sock", the latter with mode 0600).
// Errors: a sentence; also for a TCP address that is not loopback, since whoever reaches the
//         listener may use it.
Result<Door, std::string> open_door(const std::string& listen, asio::io_context& io);

}  // namespace sluice::admin
