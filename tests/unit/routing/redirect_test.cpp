#include "routing/redirect.hpp"

#include <gtest/gtest.h>

namespace sluice::routing {
namespace {

struct Row {
  std::string to;
  std::string_view target;
  std::string_view location;
};

std::string location(const std::string& to, const RedirectFacts& facts) {
  const auto target = RedirectTarget::make(to);
  return target ? target->write(facts) : target.error();
}

TEST(RedirectTarget, Table) {
  const Row rows[] = {
      {"https://new.example{uri}", "/a?b=1", "https://new.example/a?b=1"},
      {"https://new.example/x", "/a?b=1", "https://new.example/x"},
      {"https://{host}{uri}", "/a", "https://shop.example/a"},
      {"https://{hostport}{path}", "/a?b", "https://shop.example:8080/a"},
      {"{scheme}://new.example/?q={query}", "/a?b=1", "http://new.example/?q=b=1"},
      {"/new{uri}", "/a", "/new/a"},
      {"/new?{query}", "/a", "/new?"},
      {"https://new.example{uri}", "*", "https://new.example/"},
      {"{uri}", "/a?b", "/a?b"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(location(row.to, {"http", "shop.example:8080", row.target}), row.location) << row.to;
}

// "//evil.example" is another host, and to browsers "/\evil.example" too.
TEST(RedirectTarget, APathNeverLeadsToAnotherHost) {
  const Row rows[] = {
      {"{uri}", "//evil.example/x", "/evil.example/x"},
      {"{path}", "///evil.example", "/evil.example"},
      {"{uri}", "/\\evil.example", "/evil.example"},
      {"/{path}", "/evil.example", "/evil.example"},
      {"/{path}", "\\evil.example", "/evil.example"},
      {"{uri}", "//", "/"},
      {"/a{uri}", "//evil.example", "/a//evil.example"},
      {"https://new.example{uri}", "//evil.example", "https://new.example//evil.example"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(location(row.to, {"http", "shop.example", row.target}), row.location) << row.to;
}

TEST(RedirectTarget, HostsAsTheyMayBe) {
  EXPECT_EQ(location("https://{host}/", {"http", "[::1]:80", "/"}), "https://[::1]/");
  EXPECT_EQ(location("https://{host}/", {"http", "", "/"}), "") << "HTTP/1.0 without Host";
  EXPECT_EQ(location("https://new.example/", {"http", "", "/"}), "https://new.example/");
}

}  // namespace
}  // namespace sluice::routing
