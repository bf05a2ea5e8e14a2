#include "base/crypto.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[byte / 16];
    text += "0123456789abcdef"[byte % 16];
  }
  return text;
}

struct MacCase {
  const char* name;
  std::string key;
  std::string message;
  const char* mac;
};

TEST(HmacSha256, AnswersRfc4231) {
  const MacCase cases[] = {
      {"case 1", std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"case 2, short key", "Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"case 3", std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"case 6, key longer than a block", std::string(131, '\xaa'),
       "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& [name, key, message, mac] : cases) {
    const HmacSha256 hmac(key);
    EXPECT_EQ(hex(hmac.sign(message)), mac) << name;
    EXPECT_EQ(hex(hmac.sign(message)), mac) << name << ", again with the same context";
  }
}

TEST(EqualConstantTime, ComparesLengthAndBytes) {
  const std::uint8_t a[] = {1, 2, 3};
  const std::uint8_t b[] = {1, 2, 4};
  EXPECT_TRUE(equal_constant_time(a, a));
  EXPECT_FALSE(equal_constant_time(a, b));
  EXPECT_FALSE(equal_constant_time(a, std::span(a).first(2)));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(RandomBytes, FillsDifferently) {
  std::array<std::uint8_t, 32> one{};
  std::array<std::uint8_t, 32> two{};
  random_bytes(one);
  random_bytes(two);
  EXPECT_NE(one, two);
}

TEST(Base64, AnswersRfc4648) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff", "+/8="},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
  }
}

TEST(Base64, RefusesEverySecondSpelling) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n",
                           "Z===", "====", "Zm9v=", "-_8=", "Zg==Zg==", " Zg="}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

TEST(Base64url, GoesThereAndBackForEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 250);
    std::string text(base64url_size(size), '?');
    encode_base64url(bytes, text);
    std::vector<std::uint8_t> back(size);
    ASSERT_TRUE(decode_base64url(text, back)) << text;
    EXPECT_EQ(back, bytes);
  }
}

TEST(Base64url, IsStrict) {
  std::array<std::uint8_t, 2> two{};
  EXPECT_TRUE(decode_base64url("-_8", two));
  EXPECT_EQ(hex(two), "fbff");
  for (const char* text : {"-_9", "-_8=", "+/8", "-_", "-_88", "-_ "}) {
    EXPECT_FALSE(decode_base64url(text, two)) << text;
  }
}

}  // namespace
}  // namespace sluice
