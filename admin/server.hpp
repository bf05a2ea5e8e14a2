#pragma once
// The admin listener: a small HTTP server on a thread of its own, apart from the workers, so that a
// slow scrape costs no request anything and a stuck worker can still be looked at.
//
// Thread:    made, started and destroyed by one thread; handlers run on the server's own.
// Invariant: after the destructor no handler runs. At most SessionLimits::sessions connections; one
//            more takes the place of the one that has been silent for longest, or is closed.
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/door.hpp"
#include "admin/session.hpp"
#include "admin/spec.hpp"
#include "base/result.hpp"

namespace sluice::admin {

class Server {
 public:
  // Opens the listener and starts the thread. Errors: a sentence (see open_door).
  static Result<std::unique_ptr<Server>, std::string> start(const AdminSpec& spec, Desk desk,
                                                            const SessionLimits& limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // No handler runs from now on, and replies that come are dropped. What is being sent already is
  // sent, which takes a second at most.
  void stop();

  // Answers that go on: there may be something new for them; they end, and no new ones begin.
  // Thread: any.
  void wake_streams();
  void end_streams();

  // Where it can be reached: "http://127.0.0.1:9901", "unix:/run/sluice/admin.sock".
  std::string url() const;
  const net::Address& bound() const noexcept { return bound_; }

 private:
  Server(Desk desk, const SessionLimits& limits);
  void run();
  void accept();
  void welcome(Session::Socket socket);
  void finish();

  Desk desk_;
  SessionLimits limits_;
  std::size_t sessions_ = 0;
  net::Address bound_;
  asio::io_context io_{1};  // destroyed before what its sessions refer to
  std::unique_ptr<Acceptor> acceptor_;
  asio::steady_timer pause_{io_};
  asio::steady_timer last_words_{io_};
  std::thread thread_;
};

}  // namespace sluice::admin
