#pragma once
// One connection to the admin server: reads requests, has them answered, keeps alive.
//
// Thread:    the server's.
// Invariant: held by its pending operation, or while a handler owes it a reply by the desk; it ends
//            when the operation fails or times out. A reply that comes later is for nobody.
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>

#include "admin/door.hpp"
#include "admin/doorkeeper.hpp"
#include "admin/event_stream.hpp"
#include "admin/refusal_pace.hpp"
#include "admin/replays.hpp"
#include "admin/router.hpp"

namespace sluice::admin {

struct SessionLimits {
  std::chrono::milliseconds request{10'000};  // waiting for a request and reading all of it
  std::chrono::milliseconds handler{30'000};  // until there is an answer
  std::chrono::milliseconds response{10'000};
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 1024 * 1024;
  std::size_t sessions = 64;
  // Answers that go on have places of their own.
  std::size_t streams = 16;
  StreamTiming stream = {};
};

class Session;

// What the sessions of a server have in common.
struct Desk {
  Router router;
  Doorkeeper doorkeeper;
  // Told of each request that was turned away, but for reads of what is not there. May be empty.
  std::function<void(control::AuditRow)> on_refusal = {};
  RefusalPace strangers = {};
  // Shared with replies, which may come when the desk has gone.
  std::shared_ptr<Replays> replays = std::make_shared<Replays>();
  std::set<std::shared_ptr<Session>> waiting = {};  // for what a handler owes them
  std::list<Session*> silent = {};  // whose head has not come yet; who waits longest is first
  std::size_t writing = 0;          // sessions that send an answer
  bool stopping = false;            // what is being sent is the last
  std::function<void()> on_written = {};
  std::set<EventStream*> streams = {};  // that are open
  bool streams_end = false;             // no new ones either
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Socket = asio::basic_stream_socket<Protocol, Executor>;
  using OnEnd = std::function<void()>;

  // `on_end` is called by the destructor; all three outlive the session.
  Session(Socket socket, Desk& desk, const SessionLimits& limits, OnEnd on_end);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() { read(); }
  // Another one needs the place, and this one is silent.
  void give_way();

 private:
  void read();
  void be_silent();
  void speak();
  void on_head(boost::beast::error_code error);
  void judge();
  void read_body();
  void on_body(boost::beast::error_code error);
  void refuse_to_read(boost::beast::error_code error);
  void answer();
  void answer_or_throw();
  std::optional<Response> refuse_content(const Resource& resource) const;
  void hand_to(const Handler& handler, const Call& call);
  void hand_once(const Handler& handler, Call call, const std::string& key);
  void open_stream(const Resource& resource, const Call& call);
  void turn_away(Response response);
  void note_refusal(const Response& response);
  void await_reply(std::uint64_t number);
  Reply reply();
  void write(Response response);
  void close();

  boost::beast::basic_stream<Protocol, Executor> stream_;
  Desk& desk_;
  const SessionLimits& limits_;
  net::Address peer_;
  std::uint64_t requests_ = 0;  // whose replies are awaited: the newest alone
  OnEnd on_end_;
  boost::beast::flat_buffer buffer_;
  std::optional<std::list<Session*>::iterator> silence_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      reply_timer_;
  control::Actor actor_;             // of the request
  Router::Found found_;              // what it asks for
  std::optional<Response> refusal_;  // decided upon its head, said when the rest has come
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

}  // namespace sluice::admin
