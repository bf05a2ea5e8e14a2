#include <filesystem>
#include <mutex>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "admin/handlers/healthz.hpp"
#include "admin/handlers/metrics.hpp"
#include "admin/handlers/readyz.hpp"
#include "admin/server.hpp"
#include "telemetry/exposition.hpp"
#include "telemetry/lifecycle.hpp"
#include "tests/support/wire.hpp"

namespace sluice::admin {
namespace {

using test::Wire;

class AdminTest : public ::testing::Test {
 protected:
  void SetUp() override { exposition_.add(lifecycle_.registry()); }

  Desk desk() {
    Router router;
    const auto get = http::verb::get;
    router.add({get, "/healthz", Role::none, make_healthz()});
    router.add({get, "/readyz", Role::none, make_readyz([this] { return obstacles_; })});
    router.add(
        {get, "/metrics", Role::viewer, make_metrics([this] { return exposition_.text(); })});
    // Answers when the test says so, or never.
    router.add({get, "/slow", Role::viewer, [this](const Call&, Reply reply) {
                  const std::lock_guard lock(mutex_);
                  owed_.push_back(std::move(reply));
                }});
    router.add({get, "/broken", Role::viewer,
                [](const Call&, const Reply&) { throw std::runtime_error("a \"bug\"\n"); }});
    return {.router = std::move(router), .doorkeeper = Doorkeeper(Tokens())};
  }
  void start(const std::string& listen = "127.0.0.1:0", const SessionLimits& limits = {}) {
    auto started = Server::start({listen}, desk(), limits);
    ASSERT_TRUE(started.ok()) << started.error();
    server_ = std::move(started).value();
  }
  Wire connect() const {
    const net::Address& address = server_->bound();
    if (address.is_unix()) return Wire::connect_unix(address.to_string().substr(5));
    return Wire::connect(address.port());
  }
  std::size_t owed() {
    const std::lock_guard lock(mutex_);
    return owed_.size();
  }
  // The whole answer to one request.
  std::string get(const std::string& path, const std::string& host = "127.0.0.1",
                  const std::string& method = "GET") {
    Wire client = connect();
    client.send(method + " " + path + " HTTP/1.1\r\nHost: " + host +
                "\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  telemetry::LifecycleMetrics lifecycle_{"9.9.9"};
  telemetry::Exposition exposition_;
  std::vector<std::string> obstacles_;
  std::mutex mutex_;
  std::vector<Reply> owed_;
  std::unique_ptr<Server> server_;
};

TEST_F(AdminTest, IsAlive) {
  start();
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(get("/healthz?verbose").starts_with("HTTP/1.1 200 "));
}

TEST_F(AdminTest, IsReadyOrSaysWhyNot) {
  start();
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 200 "));
  server_.reset();
  obstacles_ = {"draining", "route shop has no available endpoint"};
  start();
  const std::string answer = get("/readyz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(has(answer, "draining; route shop has no available endpoint"));
}

TEST_F(AdminTest, ServesMetrics) {
  start();
  const std::string answer = get("/metrics");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(has(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_TRUE(has(answer, "sluice_build_info{version=\"9.9.9\"} 1\n"));
}

TEST_F(AdminTest, AnswersProblems) {
  start();
  const std::string missing = get("/nowhere");
  EXPECT_TRUE(missing.starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(has(missing, "Content-Type: application/problem+json\r\n"));
  const std::string wrong = get("/healthz", "127.0.0.1", "POST");
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(has(wrong, "Allow: GET, HEAD\r\n"));
  const std::string broken = get("/broken");
  EXPECT_TRUE(broken.starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(has(broken, R"(a \"bug\"\n)"));
}

TEST_F(AdminTest, AnswersHeadWithoutABody) {
  start();
  const std::string answer = get("/healthz", "127.0.0.1", "HEAD");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(has(answer, "Content-Length: 19\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(AdminTest, RefusesAForeignHost) {
  start();
  EXPECT_TRUE(get("/metrics", "evil.example").starts_with("HTTP/1.1 421 "));
  EXPECT_TRUE(get("/metrics", "localhost:1").starts_with("HTTP/1.1 200 "));
  Wire none = connect();
  none.send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(none.read_message().status() == 400);
  Wire two = connect();
  two.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
  EXPECT_TRUE(two.read_message().status() == 400);
}

TEST_F(AdminTest, KeepsConnectionsAlive) {
  start();
  Wire client = connect();
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 200);
  client.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_message().body, "{\"status\":\"ready\"}\n");
}

TEST_F(AdminTest, RefusesWhatIsNotHttp) {
  start();
  Wire client = connect();
  client.send("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 400 "));
  Wire large = connect();
  large.send("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_TRUE(large.read_to_end().starts_with("HTTP/1.1 413 "));
}

TEST_F(AdminTest, ClosesAConnectionThatSaysNothing) {
  SessionLimits limits;
  limits.request = std::chrono::milliseconds(50);
  start("127.0.0.1:0", limits);
  Wire client = connect();
  client.send("GET /hea");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(AdminTest, TakesThePlaceOfWhoIsSilent) {
  SessionLimits limits;
  limits.sessions = 4;
  start("127.0.0.1:0", limits);
  std::vector<Wire> silent;
  for (int i = 0; i < 4; ++i) silent.push_back(connect());
  silent[2].send("GET /hea");  // half a head is silence too
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 ")) << i;
  EXPECT_TRUE(silent[0].closed_by_peer()) << "the one that was silent for longest";
}

TEST_F(AdminTest, ClosesWhoComesWhenAllPlacesAreTaken) {
  SessionLimits limits;
  limits.sessions = 1;
  start("127.0.0.1:0", limits);
  Wire first = connect();
  first.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto until = std::chrono::steady_clock::now() + test::kPatience;
  while (owed() == 0 && std::chrono::steady_clock::now() < until) {
  }
  Wire second = connect();
  EXPECT_EQ(second.read_to_end(), "");  // closed at once
  {
    const std::lock_guard lock(mutex_);
    owed_.at(0)(make_response(http::status::ok, "text/plain", "at last"));
  }
  EXPECT_EQ(first.read_message().body, "at last");
}

TEST_F(AdminTest, AnswersWhenAHandlerDoesNot) {
  SessionLimits limits;
  limits.handler = std::chrono::milliseconds(20);
  start("127.0.0.1:0", limits);
  Wire client = connect();
  client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = client.read_message();
  EXPECT_EQ(answer.status(), 503);
  EXPECT_TRUE(has(answer.body, "no_answer"));
  {
    const std::lock_guard lock(mutex_);
    owed_.at(0)(make_response(http::status::ok, "text/plain", "too late"));
  }
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 200) << "what came too late is for nobody";
}

TEST_F(AdminTest, ReadsNoMoreOfAStrangersBodyThanItNeeds) {
  start();
  const std::string head =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: ";
  Wire small = connect();
  small.send(head + "5\r\n\r\nhello");
  EXPECT_EQ(small.read_message().status(), 401);
  small.send(head + "0\r\n\r\n");
  EXPECT_EQ(small.read_message().status(), 401) << "the connection is of use";
  Wire large = connect();
  large.send(head + "1000000\r\n\r\n");
  EXPECT_EQ(large.read_message().status(), 401) << "before the body has come";
  EXPECT_TRUE(large.closed_by_peer());
}

TEST_F(AdminTest, RefusesToListenBeyondLoopback) {
  for (const char* const listen : {"0.0.0.0:0", "[::]:0", "10.0.0.1:9901"}) {
    const auto started = Server::start({listen}, desk());
    ASSERT_FALSE(started.ok()) << listen;
    EXPECT_TRUE(has(started.error(), "no tokens yet: bind 127.0.0.1 or unix:"));
  }
}

TEST_F(AdminTest, SaysWhenTheAddressIsTaken) {
  start();
  const auto second = Server::start({server_->bound().to_string()}, desk());
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(has(second.error(), "Address already in use"));
}

TEST_F(AdminTest, ListensOnAUnixSocketForItsUserOnly) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("sluice-admin-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "admin.sock";
  start("unix:" + path);
  EXPECT_EQ(server_->url(), "unix:" + path);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_TRUE(get("/healthz", "anything").starts_with("HTTP/1.1 200 "));
  EXPECT_FALSE(Server::start({"unix:" + path}, desk()).ok()) << "somebody listens there";
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sluice::admin
