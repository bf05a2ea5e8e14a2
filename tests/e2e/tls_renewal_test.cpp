// Certificates that change while the program runs, handshakes that fail, and clients that mean ill.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <sys/resource.h>

#include "tests/e2e/tls_rig.hpp"

namespace sluice::test {
namespace {

// ---- renewal -------------------------------------------------------------------------------

class TlsRenewal : public ::testing::Test {
 protected:
  void SetUp() override {
    const Authority& ca = sluice.authority();
    ca.issue("site", "site.example");
    ca.issue("next", "site.example");
    ca.issue("old", "site.example", Authority::Key::ec, -1);
    sluice.set_tls("{ certificates: [" + ca.pair("site") + "] }");
    sluice.start();
  }
  // As an editor or a certificate client does it.
  void replace(const std::string& file, const std::string& by) {
    sluice.folder().write("new", read_file(sluice.authority().path(by)));
    std::filesystem::rename(sluice.folder() / "new", sluice.authority().path(file));
  }
  void hang_up() { sluice.process().signal(SIGHUP); }
  std::string serves() const { return shown_by(sluice, "-servername site.example"); }
  TlsSluice sluice{""};
};

TEST_F(TlsRenewal, ABadPairNeverReplacesAGoodOne) {
  const std::string good_cert = read_file(sluice.authority().path("site.pem"));
  const std::string good_key = read_file(sluice.authority().path("site.key"));
  sluice.folder().write("cut.pem", good_cert.substr(0, good_cert.size() / 2));
  sluice.folder().write("good.pem", good_cert);
  int refused = 0;
  struct Case {
    std::string file, by, says;
  };
  for (const Case& it : {Case{"site.key", "next.key", "is not the private key of the certificate"},
                         Case{"site.pem", "old.pem", "has expired on"},
                         Case{"site.pem", "cut.pem", "is broken or cut off"}}) {
    replace(it.file, it.by);
    EXPECT_TRUE(sluice.process().wait_for_output(it.says)) << sluice.process().output();
    EXPECT_TRUE(sluice.process().wait_for_output("reload refused", ++refused));
    EXPECT_EQ(serves(), "subject=O = Test, CN = site") << it.by;
    replace("site.pem", "good.pem");
  }
  EXPECT_TRUE(contains(sluice.metrics(), "sluice_config_last_reload_successful 0"));
}

TEST_F(TlsRenewal, AChangedFileIsServedWithoutAWord) {
  const std::string before = sluice.metrics();
  EXPECT_TRUE(contains(before, "sluice_certificate_expiry_timestamp_seconds{name=\"" +
                                   sluice.authority().path("site.pem") + "\"}"));
  replace("site.key", "next.key");
  replace("site.pem", "next.pem");
  EXPECT_TRUE(sluice.process().wait_for_output("reloaded: generation"))
      << sluice.process().output();
  EXPECT_EQ(serves(), "subject=O = Test, CN = next");
}

// Pairs change while clients shake hands, from the first to the last.
TEST_F(TlsRenewal, AThousandReloadsFailNoHandshake) {
  std::atomic<bool> done{false};
  std::uint64_t answers = 0;
  std::string failures;
  std::thread load([&] {
    while (!done) {
      const Finished client = run_program(
          {"curl", "-sS", "--fail", "--no-sessionid", "-H", "Connection: close", "-o", "/dev/null",
           "-w", "%{http_code}\\n", "--connect-to", "::127.0.0.1:" + std::to_string(sluice.port()),
           "--cacert", sluice.authority().pem(), "https://site.example/[1-50]"});
      if (client.exit_code != 0) failures += client.output;
      for (std::size_t at = 0; (at = client.output.find("200\n", at)) != std::string::npos; at += 4)
        ++answers;
    }
  });
  int served = 0;
  for (int reload = 1; reload <= 1'000; ++reload) {
    sluice.set_tls("{ certificates: [" + sluice.authority().pair(reload % 2 ? "next" : "site") +
                   "] }");
    sluice.write();
    hang_up();
    if (sluice.process().wait_for_output("reloaded: generation", reload)) ++served;
  }
  done = true;
  load.join();
  EXPECT_EQ(served, 1'000);
  EXPECT_EQ(failures, "");
  EXPECT_GT(answers, 500U);
  EXPECT_EQ(serves(), "subject=O = Test, CN = site");
}

TEST_F(TlsRenewal, HandshakesAreCountedByHowTheyEnd) {
  EXPECT_EQ(sluice.curl({}).exit_code, 0);
  sluice.s_client("-servername site.example -verify_return_error");  // knows no such authority
  sluice.s_client("-alpn h2");
  sluice.s_client("-tls1_2 -cipher AES128-SHA");
  sluice.s_client("-tls1_1 -cipher DEFAULT@SECLEVEL=0");
  run_program({"curl", "-sS", "http://127.0.0.1:" + std::to_string(sluice.port()) + "/"});
  Wire::connect(sluice.port()).close();
  Wire garbage = Wire::connect(sluice.port());
  garbage.send(std::string("\x16\x03\x01\x00\x05hello", 10));
  EXPECT_TRUE(garbage.closed_by_peer());
  const std::string metrics = sluice.metrics();
  for (const char* const result :
       {"ok", "refused", "protocol", "suite", "version", "not_tls", "closed", "malformed"})
    EXPECT_FALSE(contains(metrics, "sluice_tls_handshakes_total{listener=\"edge\",result=\"" +
                                       std::string(result) + "\"} 0"))
        << result;
  for (const char* const result : {"timed_out", "unknown_name", "peer_certificate"})
    EXPECT_TRUE(contains(metrics, "sluice_tls_handshakes_total{listener=\"edge\",result=\"" +
                                      std::string(result) + "\"} 0"))
        << result;
}

// ---- hostile clients ------------------------------------------------------------------------

std::vector<Wire> crowd(const TlsSluice& sluice, int size, const std::string& opening) {
  std::vector<Wire> out;
  for (int i = 0; i < size; ++i) {
    out.push_back(Wire::connect(sluice.port()));
    if (!opening.empty()) out.back().send(opening);
  }
  return out;
}

bool may_open(rlim_t descriptors) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(descriptors, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == descriptors;
}

// Who says nothing, half of something, or nonsense costs the others nothing, and goes in time.
TEST(TlsHostile, CrowdsLeaveTheOthersAlone) {
  if (!may_open(12'000)) GTEST_SKIP() << "a process may not have 12,000 descriptors here";
  TlsSluice sluice{""};
  sluice.authority().issue("site", "site.example");
  sluice.set_tls("{ certificates: [" + sluice.authority().pair("site") +
                 "] }, timeouts: { handshake: 5s }, limits: { connections: 12000 }");
  sluice.start();
  const std::string half_a_hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  std::vector<Wire> silent = crowd(sluice, 10'000, "");
  std::vector<Wire> half = crowd(sluice, 500, half_a_hello);
  std::vector<Wire> garbage = crowd(sluice, 200, std::string("\x16\x03\x01\x00\x08garbage!", 13));
  for (int i = 0; i < 5; ++i) {
    const Finished answer = sluice.curl({});
    EXPECT_EQ(answer.exit_code, 0) << answer.output;
  }
  for (Wire& one : garbage) EXPECT_TRUE(one.closed_by_peer());
  for (Wire& one : half) EXPECT_TRUE(one.closed_by_peer());
  for (Wire& one : silent) EXPECT_TRUE(one.closed_by_peer());
  EXPECT_EQ(sluice.curl({}).exit_code, 0);
  EXPECT_TRUE(
      contains(sluice.metrics(),
               "sluice_tls_handshakes_total{listener=\"edge\",result=\"timed_out\"} 10500"));
}

// A hello a byte a time does not move the deadline.
TEST(TlsHostile, DripsDoNotMoveTheDeadline) {
  TlsSluice sluice{""};
  sluice.authority().issue("site", "site.example");
  sluice.set_tls("{ certificates: [" + sluice.authority().pair("site") +
                 "] }, timeouts: { handshake: 500ms }");
  sluice.start();
  Wire wire = Wire::connect(sluice.port());
  wire.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  int drips = 0;
  while (drips < 600 && !wire.wait_readable(std::chrono::milliseconds(50)) && wire.send("x"))
    ++drips;
  EXPECT_LT(drips, 400);  // less than the hello that was announced
  EXPECT_TRUE(wire.closed_by_peer());
}

}  // namespace
}  // namespace sluice::test
