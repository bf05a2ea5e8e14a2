// What strangers say about who they are reaches neither upstreams nor the access log.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"
#include "tests/support/origin.hpp"

namespace sluice::test {
namespace {

constexpr const char* kForged = "203.0.113.66";

// Everything by which an upstream, or a log, could be told a client's address.
std::string forged_fields() {
  std::string fields;
  for (const char* const name :
       {"X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Host", "X-Forwarded-Proto",
        "X-Forwarded-Port", "X-Forwarded-User", "X-Forwarded-Client-Cert", "X-Real-IP",
        "X_Forwarded_For", "X_Real_IP", "X.Forwarded.For"})
    fields += std::string(name) + ": " + kForged + "\r\n";
  fields += "Forwarded: for=" + std::string(kForged) + ";proto=https\r\n";
  // Nor can what we add be taken away by being called hop by hop.
  return fields + "Connection: X-Forwarded-For, Forwarded, X-Real-IP\r\n";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The program before one upstream that keeps what it hears.
class Spoofing : public ::testing::Test {
 protected:
  // `listener`: more of its keys.
  void start(const std::string& listener) {
    const auto path = folder_.write(
        "sluice.yaml",
        "version: 1\nworkers: 1\naccess_log: { path: access.log }\n"
        "listeners: [{ bind: \"127.0.0.1:" +
            std::to_string(port_) + "\"" + listener + " }]\nupstreams: { blue: { endpoints: [\"" +
            origin_.address() + "\"] } }\nroutes: [{ split: { blue: 1 } }]\n");
    process_ = std::make_unique<Process>(
        std::vector<std::string>{SLUICE_BINARY, "run", "-c", path.string()}, folder_ / "log");
    ASSERT_TRUE(process_->wait_for_output("ready")) << process_->output();
  }
  int status_of(const std::string& bytes) {
    Wire wire = Wire::connect(port_);
    wire.send(bytes);
    return wire.read_message().status();
  }
  // Its first bytes are none that could be answered.
  std::string answer_to(const std::string& bytes) {
    Wire wire = Wire::connect(port_);
    wire.send(bytes);
    return wire.read_to_end();
  }
  std::string log() {
    process_->signal(SIGTERM);
    EXPECT_EQ(process_->wait(), 0) << process_->output();
    return read_file(folder_ / "access.log");
  }
  std::string only_head() {
    EXPECT_EQ(origin_.requests().size(), 1U);
    return origin_.requests().empty() ? "" : origin_.requests()[0].head;
  }

  TempFolder folder_;
  Origin origin_{always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
  std::uint16_t port_ = free_port();
  std::unique_ptr<Process> process_;
};

const std::string kRequest = "GET / HTTP/1.1\r\nHost: shop.example\r\n" + forged_fields() + "\r\n";

TEST_F(Spoofing, FieldsOfStrangersEndHere) {
  start(", trusted_proxies: [10.0.0.0/8], forwarded: true");
  EXPECT_EQ(status_of(kRequest), 200);
  const std::string head = only_head();
  EXPECT_FALSE(has(head, kForged)) << head;
  EXPECT_TRUE(has(head, "\r\nX-Forwarded-For: 127.0.0.1\r\n")) << head;
  EXPECT_TRUE(has(head, "\r\nForwarded: for=127.0.0.1;host=shop.example;proto=http\r\n")) << head;
  const std::string lines = log();
  EXPECT_TRUE(has(lines, "\"client_ip\":\"127.0.0.1\"")) << lines;
  EXPECT_FALSE(has(lines, kForged)) << lines;
}

// Without the option none is made up, and none let through.
TEST_F(Spoofing, ForwardedIsNotMadeUnasked) {
  start("");
  EXPECT_EQ(status_of(kRequest), 200);
  EXPECT_FALSE(has(only_head(), "\r\nForwarded:"));
}

TEST_F(Spoofing, AProxyHeaderWhereNoneIsExpectedIsNoRequest) {
  start("");
  const std::string v1 = "PROXY TCP4 " + std::string(kForged) + " 127.0.0.1 1 2\r\n";
  EXPECT_TRUE(answer_to(v1 + kRequest).starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(origin_.requests().empty());
  EXPECT_FALSE(has(log(), "\"client_ip\":\"" + std::string(kForged)));
}

TEST_F(Spoofing, AProxyHeaderOfAStrangerIsRefused) {
  start(", proxy_protocol: accept, trusted_proxies: [10.0.0.0/8]");
  const std::string v1 = "PROXY TCP4 " + std::string(kForged) + " 127.0.0.1 1 2\r\n";
  const std::string v2("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x42\x7f\0\0\1\0\1\0\2", 28);
  for (const std::string& header : {v1, v2})
    EXPECT_FALSE(has(answer_to(header + kRequest), "HTTP/1.1 200"));
  EXPECT_TRUE(origin_.requests().empty());
  EXPECT_FALSE(has(log(), "\"client_ip\":\"" + std::string(kForged)));
}

// Whom a trusted proxy brings is a stranger himself.
TEST_F(Spoofing, WhoIsBroughtIsNotBelieved) {
  start(", proxy_protocol: accept, trusted_proxies: [127.0.0.1], forwarded: true");
  EXPECT_EQ(status_of("PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n" + kRequest), 200);
  const std::string head = only_head();
  EXPECT_FALSE(has(head, kForged)) << head;
  EXPECT_TRUE(has(head, "\r\nX-Forwarded-For: 192.0.2.7\r\n")) << head;
  EXPECT_TRUE(has(head, "\r\nForwarded: for=192.0.2.7;")) << head;
  const std::string lines = log();
  EXPECT_TRUE(has(lines, "\"client_ip\":\"192.0.2.7\"")) << lines;
  EXPECT_FALSE(has(lines, kForged)) << lines;
}

}  // namespace
}  // namespace sluice::test
