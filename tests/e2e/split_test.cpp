// The main job, with real servers and real clients: requests are split as configured, sessions stay
// where they are, an override beats both.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

constexpr std::uint64_t kRequests = 200'000;
constexpr int kJars = 1'000;
constexpr int kCurlJars = 20;

// Within 3.5 standard deviations of the binomial.
void expect_share(const std::map<std::string, std::uint64_t>& seen, const std::string& name,
                  double share) {
  const auto total = static_cast<double>(seen.at("all"));
  const auto found = seen.find(name);
  const double count = found == seen.end() ? 0 : static_cast<double>(found->second);
  const double sigma = std::sqrt(total * share * (1 - share));
  EXPECT_NEAR(count, total * share, 3.5 * sigma) << name << " of " << total;
}

TEST(Split, NinetyFiveFiveOverThreeServers) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 90, green: 5, canary: 5 }");
  const auto seen = wrk_split(sluice, kRequests);
  EXPECT_GE(seen.at("all"), kRequests);
  EXPECT_EQ(seen.at("bad"), 0u);
  EXPECT_EQ(seen.at("errors"), 0u);
  expect_share(seen, "blue", 0.90);
  expect_share(seen, "green", 0.05);
  expect_share(seen, "canary", 0.05);
}

TEST(Split, FiveInTenThousand) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 9995, canary: 5 }");
  const auto seen = wrk_split(sluice, kRequests);
  EXPECT_GE(seen.at("all"), kRequests);
  EXPECT_EQ(seen.at("bad"), 0u);
  EXPECT_EQ(seen.at("errors"), 0u);
  EXPECT_FALSE(seen.contains("green"));
  expect_share(seen, "canary", 0.0005);
}

struct Jar {
  std::string cookie;
  std::string backend;
};

Jar visit(std::uint16_t port, const std::string& cookie) {
  Wire wire = Wire::connect(port);
  wire.send("GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n" +
            (cookie.empty() ? "" : "Cookie: " + cookie + "\r\n") + "\r\n");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 200);
  const std::string set = answer.field("Set-Cookie").value_or("");
  return {set.substr(0, set.find(';')), answer.field("X-Backend").value_or("")};
}

TEST(Sticky, AThousandJarsStayOverAWeightChange) {
  const TempFolder folder;
  const Backends backends(folder);
  const std::string sticky = "sticky: { cookie: sluice, ttl: 1h }, ";
  Sluice sluice(folder, backends, sticky + "split: { blue: 50, green: 30, canary: 20 }");
  std::vector<Jar> jars;
  for (int i = 0; i < kJars; ++i) jars.push_back(visit(sluice.port(), ""));
  std::map<std::string, int> placed;
  for (const Jar& jar : jars) {
    ASSERT_TRUE(jar.cookie.starts_with("sluice=")) << jar.cookie;
    ++placed[jar.backend];
  }
  EXPECT_EQ(placed.size(), 3u);
  sluice.reload(sticky + "split: { blue: 0, green: 1, canary: 99 }");
  for (const Jar& jar : jars) {
    const Jar again = visit(sluice.port(), jar.cookie);
    ASSERT_EQ(again.backend, jar.backend);
    ASSERT_EQ(again.cookie, "") << "a valid pin is not replaced";
  }
  const Jar newcomer = visit(sluice.port(), "");
  EXPECT_NE(newcomer.backend, "blue") << "weight 0 takes no new session";
}

std::string curl(const Sluice& sluice, std::vector<std::string> options) {
  std::vector<std::string> argv{"curl", "-sS", "--fail", "--max-time", "10"};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.push_back(sluice.url());
  const Finished finished = run_program(argv);
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  return finished.output.substr(0, finished.output.find(' '));
}

TEST(Sticky, CurlCookieJarsStayOverAWeightChange) {
  const TempFolder folder;
  const Backends backends(folder);
  const std::string sticky = "sticky: { cookie: sluice }, ";
  Sluice sluice(folder, backends, sticky + "split: { blue: 50, canary: 50 }");
  const auto visit_with_jar = [&](int i) {
    const std::string jar = (folder / ("jar" + std::to_string(i))).string();
    return curl(sluice, {"-b", jar, "-c", jar});
  };
  std::vector<std::string> first;
  for (int i = 0; i < kCurlJars; ++i) first.push_back(visit_with_jar(i));
  sluice.reload(sticky + "split: { blue: 1, green: 99 }");
  // The canary left the split: its sessions must move, the others must not.
  for (int i = 0; i < kCurlJars; ++i) {
    const std::string now = visit_with_jar(i);
    if (first[i] == "blue")
      EXPECT_EQ(now, "blue") << "jar " << i;
    else
      EXPECT_NE(now, "canary") << "jar " << i;
  }
}

TEST(Override, BeatsCookieAndWeight) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends,
                "overrides: [{ header: { name: x-user-group, exact: canary-testers }, upstream: "
                "canary }], sticky: { cookie: sluice }, split: { blue: 1, green: 0, canary: 0 }");
  const std::string jar = (folder / "jar").string();
  EXPECT_EQ(curl(sluice, {"-b", jar, "-c", jar}), "blue");
  EXPECT_EQ(curl(sluice, {"-b", jar, "-c", jar, "-H", "X-User-Group: canary-testers"}), "canary");
  EXPECT_EQ(curl(sluice, {"-b", jar, "-c", jar}), "blue") << "the pin has survived the override";
  EXPECT_EQ(curl(sluice, {"-H", "X-User-Group: others"}), "blue");
}

}  // namespace
}  // namespace sluice::test
