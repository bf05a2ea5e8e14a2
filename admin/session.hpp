#pragma once
// One connection to the admin server: reads requests, has them answered, keeps alive.
//
// Thread:    the server's.
// Invariant: holds itself by its pending operation only; it ends when that fails or times out.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>

#include "admin/door.hpp"
#include "admin/router.hpp"

namespace sluice::admin {

struct SessionLimits {
  std::chrono::milliseconds request{10'000};  // waiting for a request and reading all of it
  std::chrono::milliseconds response{10'000};
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 64 * 1024;
  std::size_t sessions = 64;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Socket = asio::basic_stream_socket<Protocol, Executor>;
  using OnEnd = std::function<void()>;

  // `checks_host`: refuse requests whose Host could be a rebound name. `on_end` is called by the
  // destructor; all three outlive the session.
  Session(Socket socket, const Router& router, const SessionLimits& limits, bool checks_host,
          OnEnd on_end);
  ~Session() { on_end_(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() { read(); }

 private:
  void read();
  void on_read(boost::beast::error_code error);
  Response answer() const;
  void write(Response response);
  void close();

  boost::beast::basic_stream<Protocol, Executor> stream_;
  const Router& router_;
  const SessionLimits& limits_;
  bool checks_host_;
  OnEnd on_end_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

}  // namespace sluice::admin
