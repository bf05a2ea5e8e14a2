#pragma once
// One check of one endpoint over the network: a TCP connection that opens, or an HTTP/1.1 request
// and the judgement of its response; either within TLS, where the traffic is.
//
// A connection serves ten requests in a row, so that a check costs half; then a new one shows what
// a client would meet. What a kept connection does wrong by ending is asked again on a new one.
//
// Thread: the io_context's, which is never blocked.   Path: cold, but a thousand endpoints are
//         checked by one thread.
// Shape:  start() one at a time, as often as wanted. `done` is called exactly once for each, from
//         the io_context and never from within start(), unless cancel(), another start() or
//         destruction came first. It may start the next check, or destroy this.
// Errors: none; every failure is a result that says why.
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "health/expectation.hpp"
#include "health/verdict.hpp"
#include "net/tls/client_context.hpp"
#include "routing/spec.hpp"

namespace sluice::health {

struct CheckTarget {
  std::string address;  // "10.0.0.1:80", "[::1]:80" or "unix:/path", as routing::Endpoint::address
  std::string name;     // as configured: the Host of the request, unless the spec has one
  std::shared_ptr<const net::tls::ClientContext> tls = {};  // null: plain
  routing::SendProxy send_proxy = routing::SendProxy::off;  // of nobody: the check is our own
  bool secure = false;  // it speaks TLS; without `tls` each check fails, none is made in the clear
};

class Check {
 public:
  using Done = std::function<void(CheckResult)>;

  // Of `spec` it keeps a copy of what it needs; `expectation` is that of the same spec.
  Check(boost::asio::io_context& io, const routing::HealthSpec& spec,
        std::shared_ptr<const Expectation> expectation, const CheckTarget& target);
  ~Check() { cancel(); }
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  void start(Done done);
  void cancel() noexcept;

 private:
  struct Plan;
  struct Connection;
  class Attempt;

  boost::asio::io_context& io_;
  std::shared_ptr<const Plan> plan_;
  std::weak_ptr<Attempt> attempt_;    // the newest, which its pending operations hold
  std::shared_ptr<Connection> kept_;  // open and unused since the last, or null
};

}  // namespace sluice::health
