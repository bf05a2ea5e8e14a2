// What people read of a status.
#include "app/status_page.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "app/columns.hpp"

namespace sluice::app {
namespace {

const char* const kStatus =
    R"({"version":"1","generation":42,"status":"degraded","routes":[{"name":"shop",)"
    R"("weights":{"blue":50,"canary":50},"configured":{"blue":90,"canary":10},"source":"api",)"
    R"("returns_at":"T","returns_to":{"blue":90,"canary":10},"observed":{"blue":0.523,"canary":0.477},)"
    R"("traffic":{"requests_per_second":120.5,"errors_per_second":0}},)"
    R"({"name":"idle","weights":{"blue":1},"configured":{"blue":1},"source":"config","observed":{},)"
    R"("traffic":{"requests_per_second":0,"errors_per_second":0}}],)"
    R"("upstreams":[{"name":"blue","endpoints":2,"available":1,"health":[)"
    R"({"address":"10.0.0.1:80","state":"healthy","service":"drain"},)"
    R"({"address":"10.0.0.2:80","state":"unhealthy","service":"active","reason":"gone\u001b[2J"}]}]})";

TEST(StatusPage, HasALineForEach) {
  EXPECT_EQ(status_lines(boost::json::parse(kStatus)),
            "degraded, generation 42\n"
            "route shop: blue=50 canary=50 (by api, configured blue=90 canary=10), until T, "
            "observed blue 52.3 % canary 47.7 %\n"
            "route idle: blue=1 (by config)\n"
            "upstream blue: 1 of 2 endpoints available\n");
}

TEST(StatusPage, HasTables) {
  EXPECT_EQ(
      status_page(boost::json::parse(kStatus)),
      "degraded, generation 42\n"
      "\n"
      "route shop   120.5 requests/s   0.0 errors/s   by api until T, then blue=90 canary=10\n"
      "  upstream  configured  applied  observed\n"
      "  blue          90.0 %   50.0 %    52.3 %\n"
      "  canary        10.0 %   50.0 %    47.7 %\n"
      "\n"
      "route idle   0.0 requests/s   0.0 errors/s   by config\n"
      "  upstream  configured  applied  observed\n"
      "  blue         100.0 %  100.0 %         -\n"
      "\n"
      "upstream blue: 1 of 2 endpoints available\n"
      "  10.0.0.1:80  healthy    drain\n"
      "  10.0.0.2:80  unhealthy         gone?[2J\n");
}

TEST(Columns, CountCharactersNotBytes) {
  Columns table({{""}, {""}});
  table.add({"grün", "a"});
  table.add({"rot", "b"});
  EXPECT_EQ(table.text(""), "grün  a\nrot   b\n");
}

}  // namespace
}  // namespace sluice::app
