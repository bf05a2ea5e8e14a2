#include "health/check.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include "base/units.hpp"
#include "health/http_call.hpp"
#include "net/address.hpp"

namespace sluice::health {
namespace {

using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Protocol = asio::generic::stream_protocol;  // TCP and Unix sockets alike
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

// RFC 9112 section 3.2: there is a Host even where there is no name, as for a Unix socket.
std::string host_of(const routing::HttpProbeSpec& probe, const CheckTarget& target) {
  if (!probe.host.empty()) return probe.host;
  return target.name.starts_with("unix:") ? "localhost" : target.name;
}

// A new connection each time tests what a client would meet; to close it is left to the endpoint,
// so that the port which is then blocked for a while (TIME_WAIT) is not one of ours.
std::string request_text(const routing::HttpProbeSpec& probe, const CheckTarget& target) {
  const bool means_content = probe.method == "POST" || probe.method == "PUT";
  return probe.method + ' ' + probe.path + " HTTP/1.1\r\nHost: " + host_of(probe, target) +
         "\r\nUser-Agent: sluice-health\r\nConnection: close\r\n" +
         (means_content ? "Content-Length: 0\r\n" : "") + "\r\n";
}

}  // namespace

// What every attempt of a check has in common.
struct Check::Plan {
  std::shared_ptr<const Expectation> expectation;
  std::chrono::milliseconds timeout;
  std::optional<net::Address> address;
  std::string request;  // empty: to connect is enough
  bool to_head = false;

  Protocol::endpoint endpoint() const { return {address->raw(), address->length()}; }
};

// One start(). Pending operations hold it; once abandoned it says nothing more.
class Check::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(asio::io_context& io, std::shared_ptr<const Plan> plan, Done done)
      : plan_(std::move(plan)), done_(std::move(done)), socket_(io), timer_(io), call_(socket_) {}

  void start();
  void abandon() noexcept;

 private:
  void on_timeout();
  void on_connected(const error_code& error);
  bool is_connected() const;
  void on_response(std::string failure);
  void await_end();
  void fail(std::string reason) { end({Verdict::unhealthy, std::move(reason), {}}); }
  void end(CheckResult result);
  void tell(CheckResult result);
  void close() noexcept;

  std::shared_ptr<const Plan> plan_;
  Done done_;  // empty: nothing is left to say
  Socket socket_;
  Timer timer_;
  HttpCall<Socket> call_;
  std::array<char, 1> rest_;
};

void Check::Attempt::start() {
  const auto self = shared_from_this();
  timer_.expires_after(plan_->timeout);
  timer_.async_wait([self](const error_code& error) {
    if (!error) self->on_timeout();
  });
  if (!plan_->address) {
    asio::post(socket_.get_executor(), [self] {
      if (self->done_) self->fail("its address is not one to connect to");
    });
    return;
  }
  socket_.async_connect(plan_->endpoint(),
                        [self](const error_code& error) { self->on_connected(error); });
}

// Also ends the wait for an endpoint that does not close.
void Check::Attempt::on_timeout() {
  if (!done_) return close();
  fail("timed out after " + format_duration(plan_->timeout));
}

void Check::Attempt::on_connected(const error_code& error) {
  if (!done_) return;
  if (error && is_our_own(error)) return end({Verdict::none, explain_failure(error), {}});
  if (error) return fail(explain_failure(error));
  if (!is_connected()) return fail("connection refused");
  if (plan_->request.empty()) return end({Verdict::healthy, {}, {}});
  call_.start(plan_->request, plan_->to_head, [self = shared_from_this()](std::string failure) {
    self->on_response(std::move(failure));
  });
}

// Whether anybody is there. A Unix socket with a full backlog answers EAGAIN, which Asio takes for
// a connection under way and then for an open one; and a dead port from which the system lends
// ports to clients may be lent to this very socket, which TCP then connects with itself.
bool Check::Attempt::is_connected() const {
  error_code error;
  if (!plan_->address->is_unix()) return socket_.local_endpoint(error) != plan_->endpoint();
  socket_.remote_endpoint(error);
  return !error;
}

void Check::Attempt::on_response(std::string failure) {
  if (!done_) return;
  if (!failure.empty()) return fail(std::move(failure));
  auto result = plan_->expectation->judge(call_.response());
  if (!call_.awaits_end()) return end(std::move(result));
  await_end();
  tell(std::move(result));
}

void Check::Attempt::await_end() {
  socket_.async_receive(asio::buffer(rest_),
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
void Check::Attempt::tell(CheckResult result) {
  const Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

void Check::Attempt::abandon() noexcept {
  done_ = nullptr;
  timer_.cancel();
  close();
}

void Check::Attempt::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

Check::Check(asio::io_context& io, const routing::HealthSpec& spec,
             std::shared_ptr<const Expectation> expectation, const CheckTarget& target)
    : io_(io),
      plan_(std::make_shared<const Plan>(
          Plan{.expectation = std::move(expectation),
               .timeout = spec.timeout,
               .address = net::Address::parse(target.address),
               .request = spec.http ? request_text(*spec.http, target) : std::string(),
               .to_head = spec.http && spec.http->method == "HEAD"})) {}

void Check::start(Done done) {
  cancel();
  const auto attempt = std::make_shared<Attempt>(io_, plan_, std::move(done));
  attempt_ = attempt;
  attempt->start();
}

void Check::cancel() noexcept {
  if (const auto attempt = attempt_.lock()) attempt->abandon();
  attempt_.reset();
}

}  // namespace sluice::health
