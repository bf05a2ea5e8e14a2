// Which lines name whom, and how wrong ones are said.
#include "admin/tokens.hpp"

#include <gtest/gtest.h>

#include "admin/failed_logins.hpp"
#include "admin/refusal_pace.hpp"

namespace sluice::admin {
namespace {

TEST(Tokens, AreFoundByTheirText) {
  const std::string ann = new_token();
  const std::string bob = new_token();
  std::vector<std::string> errors;
  const auto tokens = Tokens::parse("# ours\n\n" + token_line({"ann", Role::admin}, ann) + "\r\n" +
                                        token_line({"bob", Role::viewer}, bob),
                                    errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens.find(ann), (Identity{"ann", Role::admin}));
  EXPECT_EQ(tokens.find(bob), (Identity{"bob", Role::viewer}));
  EXPECT_EQ(tokens.find(""), std::nullopt);
  EXPECT_EQ(tokens.find(ann + "x"), std::nullopt);
  EXPECT_EQ(ann.size(), 43U) << "256 bits";
  EXPECT_NE(ann, bob);
}

TEST(Tokens, TheDigestIsSha256InHex) {
  EXPECT_EQ(token_line({"a", Role::operates}, "abc"),
            "a:operator:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Tokens, EveryWrongLineIsSaid) {
  const std::string digest(64, 'a');
  const struct {
    std::string text, error;
  } cases[] = {
      {"ann", "line 1: write name:role:sha256-hex"},
      {"ann:admin", "line 1: write name:role:sha256-hex"},
      {":admin:" + digest, "line 1: a name has letters, digits, _ . - and @"},
      {"a b:admin:" + digest, "line 1: a name has letters, digits, _ . - and @"},
      {"ann:root:" + digest, "line 1: unknown role 'root': viewer, operator or admin"},
      {"ann:none:" + digest, "line 1: unknown role 'none': viewer, operator or admin"},
      {"ann:admin:" + digest.substr(1), "line 1: the digest is not 64 lower-case hex digits"},
      {"ann:admin:" + std::string(64, 'A'), "line 1: the digest is not 64 lower-case hex digits"},
      {"\nann:admin:" + digest + "\nbob", "line 3: write name:role:sha256-hex"},
  };
  for (const auto& [text, error] : cases) {
    std::vector<std::string> errors;
    EXPECT_EQ(Tokens::parse(text, errors).find(""), std::nullopt);
    EXPECT_EQ(errors, std::vector<std::string>{error}) << text;
  }
}

TEST(Tokens, AWrongLineIsNobodysAndTheOthersStand) {
  std::vector<std::string> errors;
  const auto tokens = Tokens::parse("wrong\n" + token_line({"ann", Role::admin}, "t"), errors);
  EXPECT_EQ(errors.size(), 1U);
  EXPECT_EQ(tokens.find("t"), (Identity{"ann", Role::admin}));
}

TEST(RefusalPace, WritesSoManyAMinuteAndCountsTheRest) {
  RefusalPace pace;
  const RefusalPace::Time begin{std::chrono::hours(1)};
  for (std::uint32_t i = 0; i < RefusalPace::kEachWindow; ++i)
    EXPECT_TRUE(pace.count(begin).written);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(pace.count(begin + std::chrono::seconds(59)).written);
  const auto next = pace.count(begin + std::chrono::seconds(60));
  EXPECT_TRUE(next.written);
  EXPECT_EQ(next.left_out, 5U);
  EXPECT_EQ(pace.count(begin + std::chrono::seconds(61)).left_out, 0U);
}

TEST(FailedLogins, BoundEachSourceAndAll) {
  FailedLogins failed;
  const FailedLogins::Time begin{std::chrono::hours(1)};
  for (std::uint32_t i = 0; i < FailedLogins::kEach; ++i)
    EXPECT_EQ(failed.count("a", begin).count(), 0);
  EXPECT_EQ(failed.count("a", begin + std::chrono::seconds(10)).count(), 50);
  EXPECT_EQ(failed.count("b", begin).count(), 0) << "another source";
  for (std::uint32_t i = 0; i < FailedLogins::kAll; ++i)
    (void)failed.count(std::to_string(i), begin);
  EXPECT_EQ(failed.count("c", begin).count(), 60) << "all together";
  EXPECT_EQ(failed.count("a", begin + std::chrono::seconds(60)).count(), 0);
}

}  // namespace
}  // namespace sluice::admin
