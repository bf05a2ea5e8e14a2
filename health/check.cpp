#include "health/check.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <sys/socket.h>

#include "base/address.hpp"
#include "base/units.hpp"
#include "health/http_call.hpp"
#include "net/address.hpp"
#include "net/proxy_protocol.hpp"

namespace sluice::health {
namespace {

using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Protocol = asio::generic::stream_protocol;  // TCP and Unix sockets alike
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using Clock = std::chrono::steady_clock;
using SecureSocket = asio::ssl::stream<Socket&>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

// RFC 9112 section 3.2: there is a Host even where there is no name, as for a Unix socket.
std::string host_of(const routing::HttpProbeSpec& probe, const CheckTarget& target) {
  if (!probe.host.empty()) return probe.host;
  return target.name.starts_with("unix:") ? "localhost" : target.name;
}

constexpr unsigned kRequestsPerConnection = 10;
// What lies idle for longer may be forgotten in between without a word, by a firewall.
constexpr std::chrono::seconds kLongestKept{10};

std::string preface_of(routing::SendProxy send_proxy) {
  if (send_proxy == routing::SendProxy::off) return {};
  return net::write_proxy_header(
      send_proxy == routing::SendProxy::v1 ? net::ProxyVersion::v1 : net::ProxyVersion::v2, {}, {});
}

std::string host_to_expect(const std::string& name) {
  const auto address = parse_endpoint_address(name);
  return address ? address.value().host : std::string();
}

// Asked to `close`, it is the endpoint that does: the port which is then blocked for a while
// (TIME_WAIT) is not one of ours.
std::string request_text(const routing::HttpProbeSpec& probe, const CheckTarget& target,
                         bool close) {
  const bool means_content = probe.method == "POST" || probe.method == "PUT";
  return probe.method + ' ' + probe.path + " HTTP/1.1\r\nHost: " + host_of(probe, target) +
         "\r\nUser-Agent: sluice-health\r\n" + (close ? "Connection: close\r\n" : "") +
         (means_content ? "Content-Length: 0\r\n" : "") + "\r\n";
}

}  // namespace

// What every attempt of a check has in common.
struct Check::Plan {
  std::shared_ptr<const Expectation> expectation;
  std::chrono::milliseconds timeout;
  std::optional<net::Address> address;
  std::string request;                                 // empty: to connect is enough
  std::string last_request;                            // of a connection
  std::string preface;                                 // a PROXY header, or empty
  std::shared_ptr<const net::tls::ClientContext> tls;  // null: plain
  bool secure = false;
  std::string host;  // whom to expect, unless `tls` knows better
  bool to_head = false;
  unsigned requests_per_connection = 1;

  Protocol::endpoint endpoint() const { return {address->raw(), address->length()}; }
};

struct Check::Connection {
  explicit Connection(asio::io_context& io) : socket(io) {}

  void secure_by(const Plan& plan) {
    SSL* const ssl = SSL_new(plan.tls->raw());
    plan.tls->introduce(ssl, plan.host);
    secure.emplace(socket, ssl);  // which owns it
    secure_call.emplace(*secure);
  }
  template <class Then>
  void ask(const std::string& request, bool to_head, Then then) {
    if (secure_call) return secure_call->start(request, to_head, std::move(then));
    call.start(request, to_head, std::move(then));
  }
  Response response() { return secure_call ? secure_call->response() : call.response(); }
  bool may_go_on() const { return secure_call ? secure_call->may_go_on() : call.may_go_on(); }
  bool awaits_end(bool asked) const {
    return secure_call ? secure_call->awaits_end(asked) : call.awaits_end(asked);
  }

  // Neither ended since its last response, nor is there something on it that nobody asked for, such
  // as a 408 of a server that is tired of waiting.
  bool quiet() {
    char byte = 0;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && errno == EAGAIN;
  }

  Socket socket;
  HttpCall<Socket> call{socket};
  std::optional<SecureSocket> secure;
  std::optional<HttpCall<SecureSocket>> secure_call;
  unsigned requests = 0;
};

// One start(). Pending operations hold it; once abandoned it says nothing more.
class Check::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  // The connection comes along when it may be kept.
  using Done = std::function<void(CheckResult, std::shared_ptr<Connection>)>;

  // `kept` may be null.
  Attempt(asio::io_context& io, std::shared_ptr<const Plan> plan, std::shared_ptr<Connection> kept,
          Done done)
      : io_(io),
        plan_(std::move(plan)),
        done_(std::move(done)),
        timer_(io),
        connection_(std::move(kept)) {}

  void start();
  void abandon() noexcept;

 private:
  void on_timeout();
  void connect();
  void on_connected(const error_code& error);
  void secure(const error_code& error);
  void on_open(const error_code& error);
  bool is_connected() const;
  void ask();
  void on_response(std::string failure);
  void conclude(CheckResult result);
  void await_end();
  void fail(std::string reason) { end({Verdict::unhealthy, std::move(reason), {}}); }
  void end(CheckResult result);
  void tell(CheckResult result, std::shared_ptr<Connection> kept = {});
  void close() noexcept;

  asio::io_context& io_;
  std::shared_ptr<const Plan> plan_;
  Done done_;  // empty: nothing is left to say
  Timer timer_;
  std::shared_ptr<Connection> connection_;
  bool last_ = false;  // request of the connection
  std::array<char, 1> rest_;
};

void Check::Attempt::start() {
  const auto self = shared_from_this();
  timer_.expires_after(plan_->timeout);
  timer_.async_wait([self](const error_code& error) {
    if (!error) self->on_timeout();
  });
  if (connection_ && connection_->quiet()) return ask();
  if (plan_->address) return connect();
  asio::post(io_, [self] {
    if (self->done_) self->fail("its address is not one to connect to");
  });
}

// Also ends the wait for an endpoint that does not close.
void Check::Attempt::on_timeout() {
  if (!done_) return close();
  fail("timed out after " + format_duration(plan_->timeout));
}

void Check::Attempt::connect() {
  connection_ = std::make_shared<Connection>(io_);
  connection_->socket.async_connect(
      plan_->endpoint(),
      [self = shared_from_this()](const error_code& error) { self->on_connected(error); });
}

void Check::Attempt::on_connected(const error_code& error) {
  if (!done_) return;
  if (error && is_our_own(error)) return end({Verdict::none, explain_failure(error), {}});
  if (error) return fail(explain_failure(error));
  if (!is_connected()) return fail("connection refused");
  if (plan_->preface.empty()) return secure({});
  asio::async_write(
      connection_->socket, asio::buffer(plan_->preface),
      [self = shared_from_this()](const error_code& broken, std::size_t) { self->secure(broken); });
}

void Check::Attempt::secure(const error_code& error) {
  if (!done_) return;
  if (error) return fail(explain_failure(error));
  if (plan_->secure && !plan_->tls) return fail("TLS: its files cannot be used");
  if (!plan_->tls) return on_open({});
  connection_->secure_by(*plan_);
  connection_->secure->async_handshake(
      asio::ssl::stream_base::client,
      [self = shared_from_this()](const error_code& broken) { self->on_open(broken); });
}

void Check::Attempt::on_open(const error_code& error) {
  if (!done_) return;
  if (error) return fail("TLS: " + error.message());
  if (plan_->request.empty()) return end({Verdict::healthy, {}, {}});
  ask();
}

void Check::Attempt::ask() {
  last_ = ++connection_->requests == plan_->requests_per_connection;
  connection_->ask(
      last_ ? plan_->last_request : plan_->request, plan_->to_head,
      [self = shared_from_this()](std::string failure) { self->on_response(std::move(failure)); });
}

// Whether anybody is there. A Unix socket with a full backlog answers EAGAIN, which Asio takes for
// a connection under way and then for an open one; and a dead port from which the system lends
// ports to clients may be lent to this very socket, which TCP then connects with itself.
bool Check::Attempt::is_connected() const {
  error_code error;
  const Socket& socket = connection_->socket;
  if (!plan_->address->is_unix()) return socket.local_endpoint(error) != plan_->endpoint();
  socket.remote_endpoint(error);
  return !error;
}

void Check::Attempt::on_response(std::string failure) {
  if (!done_) return;
  if (failure.empty()) return conclude(plan_->expectation->judge(connection_->response()));
  // A kept connection may have ended since, which says nothing of the endpoint.
  if (connection_->requests == 1) return fail(std::move(failure));
  close();
  connect();
}

void Check::Attempt::conclude(CheckResult result) {
  const Connection& call = *connection_;
  if (!last_ && call.may_go_on() && result.verdict != Verdict::unhealthy) {
    timer_.cancel();
    return tell(std::move(result), std::move(connection_));
  }
  if (!call.awaits_end(last_)) return end(std::move(result));
  await_end();
  tell(std::move(result));
}

void Check::Attempt::await_end() {
  connection_->socket.async_receive(asio::buffer(rest_),
                                    [self = shared_from_this()](const error_code&, std::size_t) {
                                      self->timer_.cancel();
                                      self->close();
                                    });
}

void Check::Attempt::end(CheckResult result) {
  timer_.cancel();
  close();
  tell(std::move(result));
}

// The last step: whoever is told may abandon this, or let go of it.
void Check::Attempt::tell(CheckResult result, std::shared_ptr<Connection> kept) {
  const Done done = std::exchange(done_, nullptr);
  done(std::move(result), std::move(kept));
}

void Check::Attempt::abandon() noexcept {
  done_ = nullptr;
  timer_.cancel();
  close();
}

void Check::Attempt::close() noexcept {
  error_code ignored;
  if (connection_) connection_->socket.close(ignored);
}

Check::Check(asio::io_context& io, const routing::HealthSpec& spec,
             std::shared_ptr<const Expectation> expectation, const CheckTarget& target)
    : io_(io),
      plan_(std::make_shared<const Plan>(Plan{
          .expectation = std::move(expectation),
          .timeout = spec.timeout,
          .address = net::Address::parse(target.address),
          .request = spec.http ? request_text(*spec.http, target, false) : std::string(),
          .last_request = spec.http ? request_text(*spec.http, target, true) : std::string(),
          .preface = preface_of(target.send_proxy),
          .tls = target.tls,
          .secure = target.secure,
          .host = host_to_expect(target.name),
          .to_head = spec.http && spec.http->method == "HEAD",
          .requests_per_connection = spec.interval <= kLongestKept ? kRequestsPerConnection : 1})) {
}

void Check::start(Done done) {
  cancel();
  const auto attempt = std::make_shared<Attempt>(
      io_, plan_, std::exchange(kept_, nullptr),
      [this, done = std::move(done)](CheckResult result, std::shared_ptr<Connection> kept) {
        kept_ = std::move(kept);
        done(std::move(result));  // may destroy this
      });
  attempt_ = attempt;
  attempt->start();
}

void Check::cancel() noexcept {
  if (const auto attempt = attempt_.lock()) attempt->abandon();
  attempt_.reset();
}

}  // namespace sluice::health
