// Certificates and keys as files have them, good and bad.
#include "base/certificate.hpp"

#include <gtest/gtest.h>

#include "tests/support/certificates.hpp"

namespace sluice {
namespace {

using test::Authority;
using test::TempFolder;

struct Files {
  TempFolder folder;
  Authority authority{folder};
  Files() {
    authority.issue("site", "Site.Example,*.wild.example,127.0.0.1");
    authority.issue("other", "other.example");
    authority.issue("old", "old.example", Authority::Key::ec, -1);
  }
  std::string operator()(const std::string& file) const {
    return test::read_file(authority.path(file));
  }
};
const Files& files() {
  static const Files made;
  return made;
}

TEST(Certificate, SaysItsNames) {
  const auto chain = read_certificates(files()("site.pem") + files()("ca.pem"));
  ASSERT_TRUE(chain.ok());
  ASSERT_EQ(chain.value().size(), 2U);
  EXPECT_EQ(host_names(*chain.value()[0]),
            (std::vector<std::string>{"site.example", "*.wild.example"}));
  EXPECT_EQ(host_names(*chain.value()[1]), std::vector<std::string>{"test ca"});
  EXPECT_LT(not_before(*chain.value()[0]), WallClock::now());
  EXPECT_GT(not_after(*chain.value()[0]), WallClock::now() + std::chrono::hours(24 * 29));
}

TEST(Certificate, CoversOneLabelByAWildcard) {
  EXPECT_TRUE(covers("a.example", "a.example"));
  EXPECT_FALSE(covers("a.example", "b.example"));
  EXPECT_TRUE(covers("*.a.example", "x.a.example"));
  EXPECT_FALSE(covers("*.a.example", "a.example"));
  EXPECT_FALSE(covers("*.a.example", ".a.example"));
  EXPECT_FALSE(covers("*.a.example", "x.y.a.example"));
}

TEST(Certificate, PairsThatCannotServe) {
  const std::string pair_cert = files()("site.pem");
  const std::string pair_key = files()("site.key");
  struct Case {
    std::string cert, key;
    PairProblem::Of of;
    std::string what;  // the beginning of it
  };
  const auto certificate = PairProblem::Of::certificate;
  const auto key = PairProblem::Of::key;
  const std::string cut = pair_cert.substr(0, pair_cert.size() / 2);
  for (const Case& it :
       {Case{"", pair_key, certificate, "has no certificate in it"},
        Case{pair_key, pair_key, certificate, "has no certificate in it"},
        Case{cut, pair_key, certificate, "is broken or cut off in its certificate 1"},
        Case{pair_cert + cut, pair_key, certificate, "is broken or cut off in its certificate 2"},
        Case{files()("old.pem"), files()("old.key"), certificate, "has expired on 20"},
        Case{pair_cert, pair_cert, key, "has no private key in it"},
        Case{pair_cert, pair_key.substr(0, pair_key.size() / 2), key,
             "has a private key that is broken or cut off"},
        Case{pair_cert, files()("other.key"), key, "is not the private key of the certificate"}}) {
    const auto problem = find_problem(it.cert, it.key, WallClock::now());
    ASSERT_TRUE(problem) << it.what;
    EXPECT_EQ(problem->of, it.of) << it.what;
    EXPECT_TRUE(problem->what.starts_with(it.what)) << problem->what;
  }
  EXPECT_FALSE(find_problem(pair_cert, pair_key, WallClock::now()));
  const auto early = find_problem(pair_cert, pair_key, WallClock::now() - std::chrono::hours(1));
  ASSERT_TRUE(early);
  EXPECT_TRUE(early->what.starts_with("is not valid before")) << early->what;
}

}  // namespace
}  // namespace sluice
