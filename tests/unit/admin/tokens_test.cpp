// Which lines name whom, and how wrong ones are said.
#include "admin/tokens.hpp"

#include <gtest/gtest.h>

namespace sluice::admin {
namespace {

TEST(Tokens, AreFoundByTheirText) {
  const std::string ann = new_token();
  const std::string bob = new_token();
  const auto tokens = Tokens::parse("# ours\n\n" + token_line({"ann", Role::admin}, ann) + "\r\n" +
                                    token_line({"bob", Role::viewer}, bob));
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(tokens->size(), 2U);
  EXPECT_EQ(tokens->find(ann), (Identity{"ann", Role::admin}));
  EXPECT_EQ(tokens->find(bob), (Identity{"bob", Role::viewer}));
  EXPECT_EQ(tokens->find(""), std::nullopt);
  EXPECT_EQ(tokens->find(ann + "x"), std::nullopt);
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
    const auto tokens = Tokens::parse(text);
    ASSERT_FALSE(tokens.ok()) << text;
    EXPECT_EQ(tokens.error(), std::vector<std::string>{error}) << text;
  }
  EXPECT_TRUE(Tokens::parse("").ok());
}

}  // namespace
}  // namespace sluice::admin
