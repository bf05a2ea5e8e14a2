#include "app/demo/backend.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/random.hpp"

namespace sluice::app::demo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

// Holds itself by its pending operation; ends with its connection.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  Conversation(tcp::socket socket, std::shared_ptr<const std::string> body,
               std::shared_ptr<const Behaviour> behaviour, std::uint64_t seed)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        body_(std::move(body)),
        behaviour_(std::move(behaviour)),
        random_(seed) {}

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->answer_when_it_is_time();
                     });
  }

 private:
  void answer_when_it_is_time() {
    if (behaviour_->late.count() == 0) return answer();
    timer_.expires_after(behaviour_->late);
    timer_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (!error) self->answer();
    });
  }

  bool fails() { return static_cast<double>(random_() >> 11U) * 0x1p-53 < behaviour_->errors; }

  void answer() {
    response_ = {};
    if (fails()) response_.result(http::status::internal_server_error);
    response_.set(http::field::content_type, "application/json");
    response_.body() = *body_;
    response_.keep_alive(request_.keep_alive());
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error && self->response_.keep_alive()) self->read();
                      });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<const std::string> body_;
  std::shared_ptr<const Behaviour> behaviour_;
  Xoshiro256 random_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

Backend::Backend(asio::io_context& io, const std::string& name, const std::string& version)
    : body_(std::make_shared<const std::string>(R"({"name":")" + name + R"(","version":")" +
                                                version + "\"}\n")),
      acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  accept();
}

std::string Backend::address() const {
  return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

void Backend::accept() {
  acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    std::make_shared<Conversation>(std::move(socket), body_, behaviour_, ++connections_)->read();
    accept();
  });
}

}  // namespace sluice::app::demo
