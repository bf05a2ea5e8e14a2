#include "routing/sticky.hpp"

#include <gtest/gtest.h>

namespace sluice::routing {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000;
constexpr std::uint64_t kTtl = 3600;
const std::string kOld(32, 'o');
const std::string kNew(32, 'n');
const StickyPin kPin{kNow,        0x1122334455667788U, 0x99aabbccddeeff00U, 7,
                     0x80000000U, 0xcafe0001U,         0x0123456789abcdefU};

StickySigner signer(std::vector<std::string> keys, std::string_view route = "shop") {
  return StickySigner(keys, route);
}

std::string signed_by(const StickySigner& signer, const StickyPin& pin = kPin) {
  StickyText text;
  signer.sign(pin, text);
  return {text.data(), text.size()};
}

TEST(Sticky, GoesThereAndBack) {
  const auto ours = signer({kNew});
  const auto reading = ours.read(signed_by(ours), kNow, kTtl);
  EXPECT_EQ(reading.verdict, StickyVerdict::valid);
  EXPECT_EQ(reading.pin, kPin);
}

// Other replicas and the next release must read it.
TEST(Sticky, TheTextNeverChanges) {
  const std::string text = signed_by(signer({kNew}));
  EXPECT_EQ(text.size(), 84U);
  EXPECT_EQ(text,
            "At7TMt8AAGVT8QARIjNEVWZ3iJmqu8zd7v8AAAAAB4AAAADK_gABASNFZ4mrze877__Gjga1mXsIX5JgW5nm");
}

TEST(Sticky, NewestKeySignsAndAllVerify) {
  const auto before = signer({kOld});
  const auto after = signer({kNew, kOld});
  const std::string old_text = signed_by(before);
  EXPECT_EQ(after.read(old_text, kNow, kTtl).verdict, StickyVerdict::valid);
  EXPECT_EQ(before.read(signed_by(after), kNow, kTtl).verdict, StickyVerdict::forged);
  EXPECT_EQ(signer({kNew}).read(old_text, kNow, kTtl).verdict, StickyVerdict::forged);
}

TEST(Sticky, ACookieOfAnotherRouteIsAForgery) {
  const std::string text = signed_by(signer({kNew}, "admin"));
  EXPECT_EQ(signer({kNew}, "shop").read(text, kNow, kTtl).verdict, StickyVerdict::forged);
}

TEST(Sticky, JudgesAge) {
  struct Case {
    const char* name;
    std::uint64_t now;
    StickyVerdict verdict;
  };
  const Case cases[] = {
      {"just issued", kNow, StickyVerdict::valid},
      {"last second", kNow + kTtl - 1, StickyVerdict::valid},
      {"ttl over", kNow + kTtl, StickyVerdict::expired},
      {"a replica's clock is behind", kNow - kClockSkewSeconds, StickyVerdict::valid},
      {"from the future", kNow - kClockSkewSeconds - 1, StickyVerdict::from_future},
      {"clock at zero", 0, StickyVerdict::from_future},
  };
  const auto ours = signer({kNew});
  for (const auto& [name, now, verdict] : cases) {
    EXPECT_EQ(ours.read(signed_by(ours), now, kTtl).verdict, verdict) << name;
  }
}

TEST(Sticky, RefusesWhatIsNoCookieOfOurs) {
  const auto ours = signer({kNew});
  const std::string text = signed_by(ours);
  for (const std::string& bad :
       {std::string(), std::string("x"), text.substr(1), text + "A", text.substr(0, 83) + "=",
        text.substr(0, 83) + "\x80", std::string(84, '\0'), std::string(84, '-')}) {
    EXPECT_EQ(ours.read(bad, kNow, kTtl).verdict, StickyVerdict::malformed) << bad;
  }
  std::string other_version = text;
  other_version[1] = 'd';
  EXPECT_EQ(ours.read(other_version, kNow, kTtl).verdict, StickyVerdict::malformed);
}

TEST(Sticky, NoChangeOfOneCharacterIsValid) {
  const auto ours = signer({kNew, kOld});
  const std::string text = signed_by(ours);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = text;
      changed[i] = static_cast<char>(c);
      if (changed == text) continue;
      ASSERT_NE(ours.read(changed, kNow, kTtl).verdict, StickyVerdict::valid) << i << " " << c;
    }
  }
}

TEST(Placement, IsAFixedPointProbability) {
  EXPECT_EQ(make_placement(0, 10), 0U);
  EXPECT_EQ(make_placement(0, 0), 0U);
  EXPECT_EQ(make_placement(10, 10), kCertain);
  EXPECT_EQ(make_placement(1, 2), 0x80000000U);
  EXPECT_EQ(make_placement(1, ~0ULL), 1U);
  EXPECT_DOUBLE_EQ(probability(kCertain), 1.0);
  EXPECT_DOUBLE_EQ(probability(make_placement(1, 4)), 0.25);
}

std::string set_cookie(const StickySpec& spec, std::uint64_t now, bool secure) {
  const std::vector<std::string> keys{kNew};
  Sticky sticky;
  sticky.spec = spec;
  sticky.ttl_seconds = kTtl;
  sticky.signer = std::make_shared<StickySigner>(keys, "shop");
  sticky.cookie = make_cookie_attributes(spec.key.name, spec.cookie);
  std::string out;
  append_set_cookie(sticky, kPin, now, secure, out);
  const std::string text = signed_by(*sticky.signer);
  const auto at = out.find(text);
  return at == std::string::npos ? out : out.replace(at, text.size(), "TOKEN");
}

TEST(SetCookie, WritesTheWholeField) {
  StickySpec plain;
  EXPECT_EQ(set_cookie(plain, kNow, false),
            "Set-Cookie: sluice=TOKEN; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax\r\n");
  EXPECT_EQ(set_cookie(plain, kNow, true),
            "Set-Cookie: sluice=TOKEN; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure\r\n");

  StickySpec full;
  full.key.name = "pin";
  full.cookie = {"/shop", "example", CookieSecure::always, false, SameSite::none, true};
  EXPECT_EQ(set_cookie(full, kNow, false),
            "Set-Cookie: pin=TOKEN; Path=/shop; Domain=example; SameSite=None; Secure\r\n");
  full.cookie.secure = CookieSecure::never;
  full.cookie.same_site = SameSite::strict;
  EXPECT_EQ(set_cookie(full, kNow, true),
            "Set-Cookie: pin=TOKEN; Path=/shop; Domain=example; SameSite=Strict\r\n");
}

TEST(SetCookie, AReissuedPinLivesNoLonger) {
  EXPECT_NE(set_cookie({}, kNow + 600, false).find("Max-Age=3000;"), std::string::npos);
  EXPECT_NE(set_cookie({}, kNow + 9999, false).find("Max-Age=0;"), std::string::npos);
  EXPECT_NE(set_cookie({}, kNow - 10, false).find("Max-Age=3600;"), std::string::npos);
}

}  // namespace
}  // namespace sluice::routing
