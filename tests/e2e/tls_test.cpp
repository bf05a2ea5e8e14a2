// TLS as clients meet it: curl and openssl s_client against the program.
#include "tests/e2e/tls_rig.hpp"

namespace sluice::test {
namespace {

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
  std::string shown(const std::string& options) { return shown_by(sluice, options); }
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

TEST_F(TlsNames, BrowsersAreToldToStay) {
  TlsSluice strict(sluice.tls(), ", hsts: { include_subdomains: true }, redirect_http: true",
                   sluice);
  strict.start();
  EXPECT_TRUE(contains(strict.curl({"-i"}).output,
                       "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"));
  const Finished plain =
      run_program({"curl", "-sSi", "http://127.0.0.1:" + std::to_string(strict.port()) + "/a"});
  EXPECT_TRUE(contains(plain.output, "HTTP/1.1 308 Permanent Redirect")) << plain.output;
  EXPECT_TRUE(contains(plain.output,
                       "Location: https://127.0.0.1:" + std::to_string(strict.port()) + "/a\r\n"))
      << plain.output;
  EXPECT_FALSE(contains(plain.output, "Strict-Transport-Security"));
}

// The response itself is a file of the operator's; we only hand it on.
TEST_F(TlsNames, StaplesWhatItIsGiven) {
  const Authority& ca = sluice.authority();
  const std::string made =
      run_program(
          {"sh", "-c",
           "cd " + sluice.folder().path().string() +
               " && serial=$(openssl x509 -in site.pem -noout -serial | cut -d= -f2) && "
               "printf 'V\\t301231235959Z\\t\\t%s\\tunknown\\t/CN=site\\n' $serial > index && "
               "openssl ocsp -issuer ca.pem -cert site.pem -reqout request && "
               "openssl ocsp -index index -rsigner ca.pem -rkey ca.key -CA ca.pem -reqin "
               "request -respout site.ocsp -ndays 5"})
          .output;
  const std::string pair = ca.pair("site");
  TlsSluice stapling("{ certificates: [" + pair.substr(0, pair.size() - 1) + ", ocsp: \"" +
                         ca.path("site.ocsp") + "\" }] }",
                     "", sluice);
  stapling.start();
  for (const char* const version : {"-tls1_2", "-tls1_3"})
    EXPECT_TRUE(
        contains(stapling.s_client(std::string(version) + " -servername site.example -status"),
                 "OCSP Response Status: successful"))
        << made;
  EXPECT_TRUE(contains(sluice.s_client("-servername site.example -status"),
                       "OCSP response: no response sent"));
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

}  // namespace
}  // namespace sluice::test
