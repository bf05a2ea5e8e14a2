#include "control/webhook.hpp"

#include <memory>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace sluice::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr std::uint64_t kAnswerMax = 64 * 1024;

struct Url {
  std::string host;
  std::string port = "80";
  std::string authority;
  std::string target = "/";
};

Url split(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  Url url;
  const auto slash = text.find_first_of("/?");
  url.authority = text.substr(0, slash);
  if (slash != std::string_view::npos) url.target = text.substr(slash);
  if (url.target.front() == '?') url.target.insert(0, "/");
  const auto colon = url.authority.rfind(':');
  const bool has_port = colon != std::string::npos && !url.authority.ends_with(']');
  url.host = url.authority.substr(0, has_port ? colon : std::string::npos);
  if (has_port) url.port = url.authority.substr(colon + 1);
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  return url;
}

// Holds itself by its pending operation.
class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(asio::io_context& io, const std::string& url, std::string json,
       std::chrono::milliseconds timeout, WebhookDone done)
      : url_(split(url)), resolver_(io), stream_(io), done_(std::move(done)) {
    stream_.expires_after(timeout);
    request_ = {http::verb::post, url_.target, 11};
    request_.set(http::field::host, url_.authority);
    request_.set(http::field::user_agent, "sluice");
    request_.set(http::field::content_type, "application/json");
    request_.body() = std::move(json);
    request_.prepare_payload();
    parser_.body_limit(kAnswerMax);
  }

  void run() {
    resolver_.async_resolve(url_.host, url_.port,
                            [self = shared_from_this()](Error error, const auto& found) {
                              if (error) return self->fail(error);
                              self->connect(found);
                            });
  }

 private:
  void connect(const tcp::resolver::results_type& addresses) {
    stream_.async_connect(addresses, [self = shared_from_this()](Error error, const auto&) {
      if (error) return self->fail(error);
      self->send();
    });
  }
  void send() {
    http::async_write(stream_, request_, [self = shared_from_this()](Error error, std::size_t) {
      if (error) return self->fail(error);
      self->receive();
    });
  }
  void receive() {
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](Error error, std::size_t) {
                       if (error) return self->fail(error);
                       const unsigned status = self->parser_.get().result_int();
                       self->done_(status / 100 == 2, true, std::to_string(status));
                     });
  }
  void fail(Error error) { done_(false, false, error.message()); }

  Url url_;
  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  WebhookDone done_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

void post_webhook(asio::io_context& io, const std::string& url, std::string json,
                  std::chrono::milliseconds timeout, WebhookDone done) {
  const auto call = std::make_shared<Call>(io, url, std::move(json), timeout, std::move(done));
  asio::post(io, [call] { call->run(); });
}

}  // namespace sluice::control
