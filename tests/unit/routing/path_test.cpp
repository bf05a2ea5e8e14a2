#include "routing/path.hpp"

#include <gtest/gtest.h>

namespace sluice::routing {
namespace {

std::string normalised(std::string_view raw) {
  std::string buffer;
  const auto path = normalise_path(raw, buffer);
  return path ? std::string(*path) : "refused: " + std::string(describe(path.error()));
}

struct PathCase {
  const char* raw;
  const char* normal;
};

TEST(NormalisePath, Accepts) {
  const PathCase cases[] = {
      {"/", "/"},
      {"*", "*"},
      {"/a/b", "/a/b"},
      {"/a/b/", "/a/b/"},
      {"/a;x=1/b", "/a;x=1/b"},
      {"/.well-known/x", "/.well-known/x"},
      {"/a/...", "/a/..."},
      {"/a/..b/.c", "/a/..b/.c"},
      // percent-triplets
      {"/%61%2d%7E", "/a-~"},
      {"/%e4%bd%a0", "/%E4%BD%A0"},
      {"/caf%e9", "/caf%E9"},
      {"/a%20b", "/a%20b"},
      {"/%25", "/%25"},
      {"/%252e%252e/x", "/%252e%252e/x"},
      {"/%25%32%65", "/%252e"},
      {"/%3f%23", "/%3F%23"},
      {"/a%0d%0ab", "/a%0D%0Ab"},
      // dot segments, also encoded
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/a/b/.", "/a/b/"},
      {"/..", "/"},
      {"/../../x", "/x"},
      {"/%2e%2E/x", "/x"},
      {"/a/.%2e/b", "/b"},
      {"/a/b/../../../c", "/c"},
      // empty segments
      {"//", "/"},
      {"//a///b//", "/a/b/"},
      {"/a//../b", "/b"},
      // escaped separators stay what they are
      {"/a%2fb", "/a%2Fb"},
      {"/a%5cb", "/a%5Cb"},
      {"/a%2Fb/../c", "/c"},
  };
  for (const auto& [raw, normal] : cases) EXPECT_EQ(normalised(raw), normal) << raw;
}

struct RefusalCase {
  std::string_view raw;
  PathRefusal why;
};

TEST(NormalisePath, Refuses) {
  const RefusalCase cases[] = {
      {"", PathRefusal::not_absolute},
      {"a", PathRefusal::not_absolute},
      {"**", PathRefusal::not_absolute},
      {"/a#b", PathRefusal::bad_character},
      {"/a?b", PathRefusal::bad_character},
      {"/a b", PathRefusal::bad_character},
      {"/a\\b", PathRefusal::bad_character},
      {"/a\tb", PathRefusal::bad_character},
      {"/a\x7f", PathRefusal::bad_character},
      {"/caf\xc3\xa9", PathRefusal::bad_character},
      {"/%", PathRefusal::bad_percent},
      {"/%4", PathRefusal::bad_percent},
      {"/%4g", PathRefusal::bad_percent},
      {"/%u0041", PathRefusal::bad_percent},
      {"/a%00b", PathRefusal::null_byte},
      {"/%c0%af", PathRefusal::overlong_utf8},
      {"/%C0%ae%C0%ae/", PathRefusal::overlong_utf8},
      {"/%e0%80%af", PathRefusal::overlong_utf8},
      {"/%f0%80%80%af", PathRefusal::overlong_utf8},
      {"/..;/admin", PathRefusal::ambiguous_segment},
      {"/a/..;x=1/b", PathRefusal::ambiguous_segment},
      {"/a/.;/b", PathRefusal::ambiguous_segment},
      {"/%2e%2e;/b", PathRefusal::ambiguous_segment},
      {"/..%3b/b", PathRefusal::ambiguous_segment},
      {"/a%2f..%2fb", PathRefusal::ambiguous_segment},
      {"/a%2f..", PathRefusal::ambiguous_segment},
      {"/..%2fb", PathRefusal::ambiguous_segment},
      {"/..%5cb", PathRefusal::ambiguous_segment},
      {"/a%5c..;x%5cb", PathRefusal::ambiguous_segment},
      {{"/a\0b", 4}, PathRefusal::bad_character},
  };
  for (const auto& [raw, why] : cases) {
    std::string buffer;
    const auto path = normalise_path(raw, buffer);
    ASSERT_FALSE(path) << raw;
    EXPECT_EQ(path.error(), why) << raw;
  }
}

// They are the `detail` of a 400: words, and nothing that JSON would have to escape.
TEST(NormalisePath, SaysWhatIsWrongInWords) {
  for (const auto why :
       {PathRefusal::not_absolute, PathRefusal::bad_character, PathRefusal::bad_percent,
        PathRefusal::null_byte, PathRefusal::overlong_utf8, PathRefusal::ambiguous_segment}) {
    EXPECT_NE(describe(why).find(" "), std::string_view::npos) << describe(why);
    EXPECT_EQ(describe(why).find_first_of("_\"\\"), std::string_view::npos) << describe(why);
  }
  EXPECT_EQ(describe(PathRefusal::null_byte), "a null byte (%00) in the path");
}

TEST(NormalisePath, ReturnsTheRawViewWhenThereIsNothingToDo) {
  std::string buffer;
  const std::string_view raw = "/api/v1/items;a=b,c:d@e";
  EXPECT_EQ(normalise_path(raw, buffer).value().data(), raw.data());
  EXPECT_EQ(buffer.capacity(), std::string().capacity());
}

// Every path of up to six symbols from the dangerous alphabet.
TEST(NormalisePath, IsIdempotent) {
  const std::string_view symbols[] = {"/", ".", "%2e", "%2F", ";", "a", "%25"};
  for (unsigned code = 0; code < 7 * 7 * 7 * 7 * 7 * 7; ++code) {
    std::string raw = "/";
    for (unsigned rest = code, i = 0; i < 6; ++i, rest /= 7) raw += symbols[rest % 7];
    std::string first;
    const auto once = normalise_path(raw, first);
    if (!once) continue;
    std::string second;
    const auto twice = normalise_path(*once, second);
    ASSERT_TRUE(twice) << raw << " -> " << *once;
    ASSERT_EQ(*twice, *once) << raw;
    ASSERT_EQ(once->find("//"), std::string_view::npos) << raw;
  }
}

TEST(ReplacePrefix, KeepsTheRest) {
  struct Case {
    const char *path, *prefix, *replacement, *result;
  };
  const Case cases[] = {
      {"/api/x", "/api", "/v2", "/v2/x"}, {"/api/x", "/api/", "/v2/", "/v2/x"},
      {"/api", "/api", "/v2", "/v2"},     {"/api/", "/api", "/v2", "/v2/"},
      {"/api/x", "/api", "/", "/x"},      {"/api", "/api", "/", "/"},
      {"/api", "/api", "", "/"},          {"/x", "/", "/v2", "/v2/x"},
      {"/", "/", "/v2", "/v2/"},
  };
  for (const auto& [path, prefix, replacement, result] : cases) {
    std::string buffer;
    EXPECT_EQ(replace_prefix(path, prefix, replacement, buffer), result) << path << " " << prefix;
  }
}

}  // namespace
}  // namespace sluice::routing
