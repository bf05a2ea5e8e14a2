// TLS as clients meet it: curl and openssl s_client against the program.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"
#include "tests/support/certificates.hpp"

namespace sluice::test {
namespace {

// The program with a listener that speaks TLS, before three backends.
class TlsSluice {
 public:
  explicit TlsSluice(const std::string& tls, const std::string& more = "", int workers = 2)
      : tls_(tls), more_(more), workers_(workers) {}

  void start() {
    write();
    process_ = std::make_unique<Process>(
        std::vector<std::string>{SLUICE_BINARY, "run", "-c", (folder_ / "sluice.yaml").string()},
        folder_ / "sluice.log");
    ASSERT_TRUE(process_->wait_for_output("ready")) << process_->output();
  }
  void write() {
    folder_.write(
        "sluice.yaml",
        "version: 1\nworkers: " + std::to_string(workers_) +
            "\nadmin: { listen: \"127.0.0.1:" + std::to_string(admin_port_) +
            "\" }\nlisteners:\n  - { name: edge, bind: \"127.0.0.1:" + std::to_string(port_) +
            "\", tls: " + tls_ + more_ + " }\n" + backends_.with_route("split: { blue: 1 }"));
  }
  void set_tls(std::string tls) { tls_ = std::move(tls); }

  std::string url(const std::string& host = "site.example") const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }
  // curl with names that all mean this program.
  Finished curl(std::vector<std::string> words, const std::string& host = "site.example") const {
    words.insert(words.begin(),
                 {"curl", "-sS", "--fail", "--max-time", "20", "--connect-to",
                  "::127.0.0.1:" + std::to_string(port_), "--cacert", authority_.pem()});
    words.push_back(url(host));
    return run_program(std::move(words));
  }
  // openssl s_client, which says nothing and ends.
  std::string s_client(const std::string& options) const {
    return run_program({"sh", "-c",
                        "openssl s_client -connect 127.0.0.1:" + std::to_string(port_) + " " +
                            options + " </dev/null"})
        .output;
  }
  std::string metrics() const {
    return run_program(
               {"curl", "-sS", "http://127.0.0.1:" + std::to_string(admin_port_) + "/metrics"})
        .output;
  }
  Process& process() { return *process_; }
  const Authority& authority() const { return authority_; }
  const TempFolder& folder() const { return folder_; }
  std::uint16_t port() const { return port_; }

 private:
  TempFolder folder_;
  Authority authority_{folder_};
  Backends backends_{folder_};
  std::string tls_;
  std::string more_;
  int workers_;
  std::uint16_t port_ = free_port();
  std::uint16_t admin_port_ = free_port();
  std::unique_ptr<Process> process_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Certificates for several names, with ECDSA and RSA for the first.
class TlsNames : public ::testing::Test {
 protected:
  void SetUp() override {
    const Authority& ca = sluice.authority();
    ca.issue("site", "site.example,*.shop.example");
    ca.issue("site-rsa", "site.example", Authority::Key::rsa);
    ca.issue("exact", "www.shop.example");
    sluice.set_tls("{ certificates: [" + ca.pair("site") + ", " + ca.pair("site-rsa") + ", " +
                   ca.pair("exact") + "] }");
    sluice.start();
  }
  std::string shown(const std::string& options) {
    const std::string said = sluice.s_client(options);
    const std::size_t at = said.find("subject=");
    return at == std::string::npos ? said : said.substr(at, said.find('\n', at) - at);
  }
  TlsSluice sluice{""};
};

TEST_F(TlsNames, CurlGetsItsAnswer) {
  for (const char* const version : {"1.2", "1.3"}) {
    const Finished answer = sluice.curl({"--tls-max", version});
    EXPECT_EQ(answer.exit_code, 0) << answer.output;
    EXPECT_EQ(answer.output, "blue ");
  }
  EXPECT_NE(sluice.curl({"--tls-max", "1.1"}).exit_code, 0);
  const Finished stranger = sluice.curl({}, "evil.example");
  EXPECT_EQ(stranger.exit_code, 60) << stranger.output;  // not its certificate
}

TEST_F(TlsNames, ExactBeatsWildcardAndStrangersGetTheFirst) {
  EXPECT_EQ(shown("-servername site.example"), "subject=O = Test, CN = site");
  EXPECT_EQ(shown("-servername WWW.Shop.example"), "subject=O = Test, CN = exact");
  EXPECT_EQ(shown("-servername api.shop.example"), "subject=O = Test, CN = site");
  EXPECT_EQ(shown("-servername unknown.example"), "subject=O = Test, CN = site");
  EXPECT_EQ(shown("-noservername"), "subject=O = Test, CN = site");
}

TEST_F(TlsNames, EcdsaAndRsaStandSideBySide) {
  EXPECT_EQ(shown("-servername site.example -sigalgs RSA-PSS+SHA256"),
            "subject=O = Test, CN = site-rsa");
  EXPECT_EQ(shown("-servername site.example -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"),
            "subject=O = Test, CN = site-rsa");
  EXPECT_EQ(shown("-servername site.example -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
            "subject=O = Test, CN = site");
}

TEST_F(TlsNames, ProtocolsAreAgreedOnOrNothingIs) {
  EXPECT_TRUE(contains(sluice.s_client("-alpn h2,http/1.1"), "ALPN protocol: http/1.1"));
  EXPECT_TRUE(contains(sluice.s_client("-alpn h2"), "no application protocol"));
  EXPECT_TRUE(contains(sluice.s_client(""), "No ALPN negotiated"));
}

// Whichever worker takes the connection: they all have the same tickets.
TEST_F(TlsNames, SessionsAreResumedAtEveryWorker) {
  const std::string session = (sluice.folder() / "session").string();
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const std::string common = version + " -servername site.example";
    ASSERT_TRUE(contains(run_program({"sh", "-c",
                                      "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: "
                                      "close\\r\\n\\r\\n'; sleep 0.2) | openssl s_client -connect "
                                      "127.0.0.1:" +
                                          std::to_string(sluice.port()) + " " + common +
                                          " -ign_eof -sess_out " + session})
                             .output,
                         "New, "));
    for (int i = 0; i < 6; ++i)
      EXPECT_TRUE(contains(sluice.s_client(common + " -sess_in " + session), "Reused, "))
          << version << ' ' << i;
    // Not under another name, although the certificate is the same.
    EXPECT_TRUE(contains(
        sluice.s_client(version + " -servername api.shop.example -sess_in " + session), "New, "))
        << version;
  }
}

TEST_F(TlsNames, PlainRequestsAreToldSo) {
  const Finished answer =
      run_program({"curl", "-sS", "http://127.0.0.1:" + std::to_string(sluice.port()) + "/"});
  EXPECT_TRUE(contains(answer.output, "this port speaks TLS")) << answer.output;
}

TEST_F(TlsNames, LargeBodiesBothWays) {
  const Finished answer = run_program(
      {"sh", "-c",
       "head -c 5000000 /dev/zero | curl -sS --fail --max-time 20 --connect-to ::127.0.0.1:" +
           std::to_string(sluice.port()) + " --cacert " + sluice.authority().pem() +
           " --data-binary @- " + sluice.url()});
  EXPECT_EQ(answer.exit_code, 0) << answer.output;
  EXPECT_EQ(answer.output, "blue ");
}

// ---- renewal -------------------------------------------------------------------------------

class TlsRenewal : public TlsNames {
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
  std::string serves() { return shown("-servername site.example"); }
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

// Pairs change while clients shake hands all the time.
TEST_F(TlsRenewal, NoHandshakeFailsMeanwhile) {
  std::atomic<bool> done{false};
  Finished client{-1, ""};
  std::thread load([&] {
    client = run_program({"curl", "-sS", "--fail", "--no-sessionid", "-H", "Connection: close",
                          "-o", "/dev/null", "-w", "%{http_code}\\n", "--connect-to",
                          "::127.0.0.1:" + std::to_string(sluice.port()), "--cacert",
                          sluice.authority().pem(), "https://site.example/[1-600]"});
    done = true;
  });
  int reloads = 0;
  for (const char* name = "next"; !done || reloads < 10; ++reloads) {
    sluice.set_tls("{ certificates: [" + sluice.authority().pair(name) + "] }");
    sluice.write();
    hang_up();
    EXPECT_TRUE(sluice.process().wait_for_output("reloaded: generation", reloads + 1));
    name = std::string(name) == "next" ? "site" : "next";
  }
  load.join();
  EXPECT_EQ(client.exit_code, 0) << client.output;
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = client.output.find("200\n", at)) != std::string::npos; at += 4)
    ++answers;
  EXPECT_EQ(answers, 600U) << client.output;
  EXPECT_GE(reloads, 10);
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

}  // namespace
}  // namespace sluice::test
