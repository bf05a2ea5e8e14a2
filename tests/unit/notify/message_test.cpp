// What receivers are told, and how it is signed.
#include "notify/message.hpp"

#include <gtest/gtest.h>

#include "notify/outbox.hpp"
#include "notify/retry.hpp"

namespace sluice::notify {
namespace {

using std::chrono::seconds;

const control::Event kEvent{
    .kind = control::EventKind::weights,
    .subject = "shop",
    .fields = {{"before", "blue=90"}, {"after", "blue=<1>"}, {"actor", "a\"n"}},
    .id = 7,
    .at = control::WallTime(std::chrono::milliseconds(1'500))};

TEST(NotifyMessage, SpeaksThreeLanguages) {
  EXPECT_EQ(body_of(kEvent, Format::cloudevents, "sluice/h", "k"),
            R"({"specversion":"1.0","id":"7","source":"sluice/h","type":"sluice.weights",)"
            R"("subject":"shop","time":"1970-01-01T00:00:01.500Z",)"
            R"("datacontenttype":"application/json",)"
            R"("data":{"before":"blue=90","after":"blue=<1>","actor":"a\"n"}})");
  EXPECT_EQ(body_of(kEvent, Format::slack, "sluice/h", "k"),
            R"x({"text":"weights shop: blue=90 -&gt; blue=&lt;1&gt; (actor a\"n)"})x");
  EXPECT_EQ(body_of(kEvent, Format::pagerduty, "sluice/h", "k"),
            R"({"routing_key":"k","event_action":"trigger","dedup_key":"weights shop",)"
            R"x("payload":{"summary":"weights shop: blue=90 -> blue=<1> (actor a\"n)",)x"
            R"("source":"sluice/h","severity":"info","timestamp":"1970-01-01T00:00:01.500Z",)"
            R"("custom_details":{"before":"blue=90","after":"blue=<1>","actor":"a\"n"}}})");
}

// Source: computed with openssl dgst -sha256 -hmac secret -binary | base64.
TEST(NotifyMessage, IsSignedAsStandardWebhooksSay) {
  const Fields fields = signature_of("secret", "msg_1", seconds(1'614'265'330), "{\"test\": 1}");
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[0].second, "msg_1");
  EXPECT_EQ(fields[1].second, "1614265330");
  EXPECT_EQ(fields[2].second, "v1,1Tt6f6kCmN0/oOeUKSb5SMgtigfYxJ8o5qYdsHNpr/g=");
  EXPECT_EQ(signature_of("", "msg_1", seconds(1), "").size(), 2U);
}

TEST(NotifyRetry, KnowsWhatMayHeal) {
  const struct {
    unsigned status;
    seconds age;
    Fate fate;
  } cases[] = {
      {200, seconds(0), Fate::delivered},     {204, seconds(0), Fate::delivered},
      {0, seconds(0), Fate::again},           {500, seconds(86'399), Fate::again},
      {503, seconds(86'400), Fate::given_up}, {429, seconds(0), Fate::again},
      {408, seconds(0), Fate::again},         {404, seconds(0), Fate::given_up},
      {302, seconds(0), Fate::given_up},
  };
  for (const auto& it : cases) EXPECT_EQ(fate_of(it.status, it.age), it.fate) << it.status;
  EXPECT_EQ(pause_after(1), seconds(1));
  EXPECT_EQ(pause_after(4), seconds(8));
  EXPECT_EQ(pause_after(9), seconds(256));
  EXPECT_EQ(pause_after(10'000), seconds(300));
}

TEST(NotifyOutbox, HoldsTheNewestInTheirOrder) {
  std::string warning;
  Outbox outbox("", warning);
  EXPECT_FALSE(outbox.oldest());
  for (std::int64_t i = 0; i < Outbox::kHeld; ++i)
    EXPECT_TRUE(outbox.add(std::to_string(i), "{}", seconds(5)));
  EXPECT_EQ(outbox.oldest()->id, "0");
  EXPECT_FALSE(outbox.add("last", "{}", seconds(5)));
  auto first = outbox.oldest();
  EXPECT_EQ(first->id, "1");
  outbox.postpone(*first, seconds(9));
  EXPECT_EQ(outbox.oldest()->due, seconds(9));
  EXPECT_EQ(outbox.oldest()->attempts, 1U);
  EXPECT_EQ(outbox.oldest()->since, seconds(5));
  outbox.remove(*first);
  EXPECT_EQ(outbox.oldest()->id, "2");
}

TEST(NotifyOutbox, IsInMemoryWhereThereIsNoFile) {
  std::string warning;
  Outbox outbox("/nowhere/at/all", warning);
  EXPECT_NE(warning, "");
  EXPECT_TRUE(outbox.add("1", "{}", seconds(5)));
}

}  // namespace
}  // namespace sluice::notify
