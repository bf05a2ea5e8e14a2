#include "app/demo/load.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace sluice::app::demo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};

// The name in {"name":"blue",...}; empty when it is not there.
std::string_view backend_in(std::string_view body) {
  constexpr std::string_view kBefore = R"("name":")";
  const auto at = body.find(kBefore);
  if (at == std::string_view::npos) return {};
  body.remove_prefix(at + kBefore.size());
  return body.substr(0, body.find('"'));
}

}  // namespace

// One connection that asks, waits for its next turn, asks again.
class Load::Client : public std::enable_shared_from_this<Load::Client> {
 public:
  Client(Load& load, Clock::time_point first) : load_(load), next_(first), turn_(load.io_) {
    request_.version(11);
    request_.method(http::verb::get);
    request_.target("/");
    request_.set(http::field::host, "demo.example");
    request_.set(http::field::user_agent, "sluice-demo");
  }

  void await_turn() {
    turn_.expires_at(next_);
    turn_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (error || !self->load_.take_ticket()) return;
      self->begin();
    });
  }

  void stop() {
    turn_.cancel();
    if (stream_) stream_->cancel();
  }

 private:
  void begin() {
    began_ = Clock::now();
    // Late turns are not made up for in a burst.
    next_ = std::max(next_ + load_.interval_, began_);
    if (stream_) return write();
    stream_.emplace(load_.io_);
    stream_->expires_after(kPatience);
    stream_->async_connect(load_.target_, [self = shared_from_this()](beast::error_code error) {
      if (error) return self->end(error);
      self->stream_->socket().set_option(asio::ip::tcp::no_delay(true), error);
      self->write();
    });
  }

  void write() {
    stream_->expires_after(kPatience);
    http::async_write(*stream_, request_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (error) return self->end(error);
                        self->read();
                      });
  }

  void read() {
    response_ = {};
    http::async_read(
        *stream_, buffer_, response_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->end(error); });
  }

  void end(beast::error_code error) {
    if (load_.stopped_) return;
    const bool good = !error && response_.result() == http::status::ok;
    if (good)
      load_.tally_.add(backend_in(response_.body()), Clock::now() - began_);
    else
      load_.tally_.add_error();
    if (error || !response_.keep_alive()) stream_.reset();
    load_.ended();
    if (!load_.stopped_) await_turn();
  }

  Load& load_;
  Clock::time_point next_;
  Clock::time_point began_;
  asio::steady_timer turn_;
  std::optional<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

Load::Load(asio::io_context& io, const Plan& plan, asio::ip::tcp::endpoint target, Tally& tally,
           Done on_done)
    : io_(io),
      target_(std::move(target)),
      tally_(tally),
      on_done_(std::move(on_done)),
      left_(plan.requests),
      unanswered_(plan.requests),
      interval_(std::chrono::nanoseconds(std::chrono::seconds(1)) * plan.connections /
                plan.requests_per_second) {
  // Spread over one interval, so that they do not ask in step.
  const auto now = Clock::now();
  for (std::uint32_t i = 0; i < plan.connections; ++i)
    clients_.push_back(std::make_shared<Client>(*this, now + interval_ * i / plan.connections));
}

Load::~Load() = default;

void Load::start() {
  for (const auto& client : clients_) client->await_turn();
}

void Load::stop() {
  if (stopped_) return;
  stopped_ = true;
  for (const auto& client : clients_) client->stop();
}

bool Load::take_ticket() {
  if (stopped_ || (left_ && *left_ == 0)) return false;
  if (left_) --*left_;
  return true;
}

void Load::ended() {
  if (!unanswered_ || --*unanswered_ > 0) return;
  stop();
  on_done_();
}

}  // namespace sluice::app::demo
