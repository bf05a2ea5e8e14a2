#pragma once
// An answer that goes on: sends what its feed has, whenever it is woken, until the client leaves.
//
// Thread:    the server's.
// Invariant: held by its pending operations. Never more than one piece of the feed in memory: a
//            client that does not take it within `patience` is dropped, one that has lost its right
//            at the next heartbeat.
// Source:    WHATWG HTML section 9.2 (server-sent events): a line that begins with a colon is a
//            comment.
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/door.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

struct StreamTiming {
  std::chrono::milliseconds heartbeat{15'000};  // after which silence is broken
  std::chrono::milliseconds patience{10'000};   // with a client that does not read
};

class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  using Socket = asio::basic_stream_socket<Protocol, Executor>;

  // `open` has it from its beginning to its end, and outlives it. `welcome`: whether the client may
  // still have all this.
  EventStream(Socket socket, Feed feed, std::function<bool()> welcome, std::set<EventStream*>& open,
              const StreamTiming& timing);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  void start(std::string_view content_type);
  // The feed may have something.
  void wake();
  // Sends what there still is, then closes.
  void end();

 private:
  void await_end();
  void go_on();
  void await_news();
  void beat();
  void send(std::string bytes);
  void close();

  Socket socket_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer_;
  Feed feed_;
  std::function<bool()> welcome_;
  std::set<EventStream*>& open_;
  const StreamTiming& timing_;
  std::string sending_;
  std::array<char, 64> ignored_{};
  std::uint64_t waits_ = 0;  // of which the newest counts: a handler may be late
  bool busy_ = true;         // sending
  bool ending_ = false;
};

}  // namespace sluice::admin
