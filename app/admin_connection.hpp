#pragma once
// A connection to the admin listener of a running process, and a question as it goes over it.
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include "app/admin_address.hpp"
#include "base/result.hpp"

namespace sluice::app {

// A blocking socket as Beast reads and writes it, with deadlines that hold: those of Asio's
// blocking calls end in a poll() without one.
class AdminSocket {
 public:
  explicit AdminSocket(int descriptor) : descriptor_(descriptor) {}
  ~AdminSocket();
  AdminSocket(AdminSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  AdminSocket& operator=(AdminSocket&&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  // Of a sequence the first buffer that is not empty. Errors: timed_out, eof, the system's.
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers); ++it)
      if (const boost::asio::mutable_buffer one(*it); one.size() > 0) return receive(one, error);
    error = {};
    return 0;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers); ++it)
      if (const boost::asio::const_buffer one(*it); one.size() > 0) return send(one, error);
    error = {};
    return 0;
  }
  // Beast asks for those that throw, and calls none of them.
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    boost::system::error_code error;
    const std::size_t size = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    boost::system::error_code error;
    const std::size_t size = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }

 private:
  std::size_t receive(boost::asio::mutable_buffer into, boost::system::error_code& error);
  std::size_t send(boost::asio::const_buffer from, boost::system::error_code& error);

  int descriptor_;
};

struct AdminConnection {
  AdminSocket socket;
  std::string host;  // for the Host field
};

// Each step upon it takes at most `patience`. Errors: one sentence, naming the address.
Result<AdminConnection, std::string> connect_admin(const AdminAddress& admin,
                                                   std::chrono::seconds patience);

boost::beast::http::request<boost::beast::http::string_body> make_admin_request(
    const AdminAddress& admin, const std::string& host, const AdminQuestion& question);

}  // namespace sluice::app
