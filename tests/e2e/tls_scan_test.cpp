// What scanners find at the defaults: nothing.
#include <regex>
#include <set>
#include <sstream>

#include "tests/e2e/tls_rig.hpp"

namespace sluice::test {
namespace {

// One certificate of each kind, nothing else said about TLS.
class TlsScan : public ::testing::Test {
 protected:
  void SetUp() override {
    const Authority& ca = sluice.authority();
    ca.issue("site", "site.example");
    ca.issue("site-rsa", "site.example", Authority::Key::rsa);
    sluice.set_tls("{ certificates: [" + ca.pair("site") + ", " + ca.pair("site-rsa") + "] }");
    sluice.start();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(sluice.port()); }
  TlsSluice sluice{""};
};

// The third words of the lines that match: "Accepted  TLSv1.3  256 bits  NAME ...".
std::set<std::string> offered(const std::string& report) {
  const std::regex line("(Accepted|Preferred) +(TLSv1\\.[0-9]|SSLv[0-9]) +[0-9]+ bits +(\\S+)");
  std::set<std::string> names;
  for (std::sregex_iterator it(report.begin(), report.end(), line), end; it != end; ++it)
    names.insert((*it)[2].str() + " " + (*it)[3].str());
  return names;
}

TEST_F(TlsScan, SslscanFindsWhatIsMeantToBeThere) {
  const Finished scan =
      run_program({"sslscan", "--no-colour", "--sni-name=site.example", address()});
  ASSERT_EQ(scan.exit_code, 0) << scan.output;
  for (const char* const line :
       {"SSLv2     disabled", "SSLv3     disabled", "TLSv1.0   disabled", "TLSv1.1   disabled",
        "TLSv1.2   enabled", "TLSv1.3   enabled", "Server supports TLS Fallback SCSV",
        "Session renegotiation not supported", "TLSv1.3 not vulnerable to heartbleed",
        "TLSv1.2 not vulnerable to heartbleed"})
    EXPECT_TRUE(contains(scan.output, line)) << line << '\n' << scan.output;
  EXPECT_EQ(offered(scan.output),
            (std::set<std::string>{
                "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384",
                "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256",
                "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305",
                "TLSv1.3 TLS_AES_128_GCM_SHA256", "TLSv1.3 TLS_AES_256_GCM_SHA384",
                "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256"}))
      << scan.output;
  // Groups: none weaker than 128 bits, none of finite fields.
  EXPECT_FALSE(std::regex_search(scan.output, std::regex("TLSv1\\.[23] +(8|9|11)[0-9] bits")));
  EXPECT_FALSE(contains(scan.output, "ffdhe"));
}

// Of a report: what stands there is above the information level, or about the scanner's own
// openssl.
std::set<std::string> found_by_testssl(const std::string& report) {
  std::set<std::string> ids;
  const std::regex id("\"id\" *: *\"([^\"]*)\"");
  for (std::sregex_iterator at(report.begin(), report.end(), id), end; at != end; ++at)
    ids.insert((*at)[1]);
  ids.erase("engine_problem");
  return ids;
}

// Protocols, forward secrecy and the named attacks. Its opinion of the certificate is left out:
// that is the test's own.
TEST_F(TlsScan, TestsslFindsNothing) {
  const std::string report = (sluice.folder() / "report.json").string();
  const Finished scan =
      run_program({"testssl", "--quiet", "--color", "0", "--warnings", "off", "--connect-timeout",
                   "5", "--openssl-timeout", "5", "--severity", "LOW", "--jsonfile", report, "-p",
                   "-f", "-U", address()});
  EXPECT_EQ(scan.exit_code, 0) << scan.output;
  EXPECT_TRUE(contains(scan.output, "Heartbleed (CVE-2014-0160)                not vulnerable"));
  EXPECT_TRUE(contains(scan.output, "RC4 (CVE-2013-2566")) << "it came to the end";
  EXPECT_EQ(found_by_testssl(read_file(report)), std::set<std::string>()) << read_file(report);
}

}  // namespace
}  // namespace sluice::test
