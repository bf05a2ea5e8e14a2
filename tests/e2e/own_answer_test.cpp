// Routes that answer by themselves, as clients, operators and scrapers meet them.
#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

constexpr const char* kRoutes =
    "access_log: { path: access.log }\n"
    "routes:\n"
    "  - name: moved\n"
    "    match: { path: { prefix: /old } }\n"
    "    redirect: { to: \"http://{hostport}/new?{query}\", status: 307 }\n"
    "  - { name: new, match: { path: { exact: /new } }, respond: { body: \"here I am\" } }\n"
    "  - { name: closed, respond: { status: 503, body: closed for today } }\n";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(OwnAnswer, ServesClientsWithoutAnyUpstream) {
  const TempFolder folder;
  Program sluice(folder, kRoutes);
  const Finished followed =
      run_program({"curl", "-sS", "-L", "-d", "some body", "-w",
                   " %{http_code} %{num_redirects} %{url_effective}", sluice.url("/old/x?a=b")});
  EXPECT_EQ(followed.output, "here I am 200 1 " + sluice.url("/new?a=b"));
  // Two requests, one connection: nothing of the first one's body is left in it.
  const Finished closed =
      run_program({"curl", "-sS", "-d", "x=1", "-w", " %{http_code} %{num_connects};",
                   sluice.url("/a"), sluice.url("/b")});
  EXPECT_EQ(closed.output, "closed for today 503 1;closed for today 503 0;");
}

TEST(OwnAnswer, IsToldOfLikeAnyOther) {
  const TempFolder folder;
  Program sluice(folder, kRoutes);
  run_program({"curl", "-sS", sluice.url("/old")});
  const std::string counted =
      "sluice_requests_total{route=\"moved\",upstream=\"\",method=\"GET\",code=\"307\"} 1";
  std::string metrics;
  for (int i = 0; i < 50 && !has(metrics, counted); ++i) metrics = sluice.metrics();
  EXPECT_TRUE(has(metrics, counted)) << metrics;
  EXPECT_FALSE(has(metrics, "sluice_split_decisions_total{"));
  const Finished ready =
      run_program({"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                   "http://127.0.0.1:" + std::to_string(sluice.admin_port()) + "/readyz"});
  EXPECT_EQ(ready.output, "200");
  EXPECT_EQ(sluice.verb({"status"}).exit_code, 0);
  EXPECT_TRUE(has(sluice.verb({"explain", "GET", "http://a/old"}).output,
                  "route moved answers by itself: redirect"));
  EXPECT_TRUE(has(sluice.verb({"weights", "set", "moved", "blue=1"}).output, "not in the split"));
  sluice.process().signal(SIGTERM);
  EXPECT_EQ(sluice.process().wait(), 0);
  const std::string log = read_file(folder / "access.log");
  EXPECT_TRUE(has(log, "\"path\":\"/old\",\"protocol\":\"HTTP/1.1\",\"status\":307")) << log;
  EXPECT_TRUE(has(log, "\"route\":\"moved\"")) << log;
}

// A route that changes from one to the other, and back.
TEST(OwnAnswer, ComesAndGoesByReload) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 1 }");
  const auto body = [&] { return run_program({"curl", "-sS", sluice.url()}).output; };
  EXPECT_EQ(body(), "blue ");
  sluice.reload("respond: { body: closed }");
  EXPECT_EQ(body(), "closed");
  sluice.reload("split: { green: 1 }");
  EXPECT_EQ(body(), "green ");
}

}  // namespace
}  // namespace sluice::test
