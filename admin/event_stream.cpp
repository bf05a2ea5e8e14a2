#include "admin/event_stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace sluice::admin {
namespace {

using boost::system::error_code;

// Of what the kernel holds for one that does not read: it is to be found out soon.
constexpr int kUnsentBytes = 64 * 1024;

}  // namespace

EventStream::EventStream(Socket socket, Feed feed, std::function<bool()> welcome,
                         std::set<EventStream*>& open, const StreamTiming& timing)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      feed_(std::move(feed)),
      welcome_(std::move(welcome)),
      open_(open),
      timing_(timing) {
  open_.insert(this);
}

EventStream::~EventStream() {
  open_.erase(this);
}

// It ends with the connection: there is no length, and nothing follows.
void EventStream::start(std::string_view content_type) {
  error_code ignored;
  socket_.set_option(asio::socket_base::send_buffer_size(kUnsentBytes), ignored);
  Response head = make_response(http::status::ok, content_type, "");
  head.keep_alive(false);
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (const auto& field : head)
    text += std::string(field.name_string()) + ": " + std::string(field.value()) + "\r\n";
  send(text + "\r\n");
  await_end();
}

// Whoever asked has nothing more to say: a byte, or the end, is its end.
void EventStream::await_end() {
  socket_.async_read_some(asio::buffer(ignored_),
                          [self = shared_from_this()](error_code, auto) { self->close(); });
}

void EventStream::wake() {
  if (!busy_) go_on();
}

void EventStream::end() {
  ending_ = true;
  wake();
}

void EventStream::go_on() {
  std::string news = feed_();
  if (!news.empty()) return send(std::move(news));
  if (ending_) return close();
  await_news();
}

void EventStream::await_news() {
  timer_.expires_after(timing_.heartbeat);
  timer_.async_wait([weak = weak_from_this(), wait = ++waits_](error_code) {
    const auto self = weak.lock();
    if (self && wait == self->waits_) self->beat();
  });
}

void EventStream::beat() {
  if (!welcome_()) return close();
  send(":\n\n");
}

void EventStream::send(std::string bytes) {
  busy_ = true;
  sending_ = std::move(bytes);
  timer_.expires_after(timing_.patience);
  timer_.async_wait([weak = weak_from_this(), wait = ++waits_](error_code) {
    const auto self = weak.lock();
    if (self && wait == self->waits_) self->close();
  });
  asio::async_write(socket_, asio::buffer(sending_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->busy_ = false;
                      if (error) return self->close();
                      self->go_on();
                    });
}

void EventStream::close() {
  ++waits_;
  busy_ = true;  // nothing more is sent
  timer_.cancel();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace sluice::admin
