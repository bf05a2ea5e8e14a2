// Keys of session tickets: the same everywhere, new every hour, gone after three.
#include "net/tls/tickets.hpp"

#include <gtest/gtest.h>

namespace sluice::net::tls {
namespace {

using std::chrono::minutes;

const TicketKeys::Time kStart{std::chrono::hours(100)};

TEST(TicketKeys, AreTheSameAtEveryWorkerWheneverItLooks) {
  TicketKeys one({7}, kStart);
  TicketKeys other({7}, kStart);
  for (int minute = 0; minute < 600; minute += 7) one.current(kStart + minutes(minute));
  EXPECT_EQ(one.current(kStart + minutes(600)).name, other.current(kStart + minutes(600)).name);
  EXPECT_EQ(one.current(kStart + minutes(600)).mac, other.current(kStart + minutes(600)).mac);
  EXPECT_NE(TicketKeys({8}, kStart).current(kStart).name,
            TicketKeys({7}, kStart).current(kStart).name);
}

TEST(TicketKeys, AreReplacedEveryHourAndUnderstoodForThree) {
  TicketKeys keys({7}, kStart);
  const TicketKey first = keys.current(kStart);
  struct Case {
    int minute;
    bool known;
    bool fresh;
  };
  for (const Case& it : {Case{0, true, true}, Case{59, true, true}, Case{60, true, false},
                         Case{179, true, false}, Case{180, false, false}}) {
    const auto found = keys.find(first.name, kStart + minutes(it.minute));
    EXPECT_EQ(found.key != nullptr, it.known) << it.minute;
    EXPECT_EQ(found.fresh, it.fresh) << it.minute;
    if (found.key != nullptr) {
      EXPECT_EQ(found.key->cipher, first.cipher) << it.minute;
    }
  }
}

TEST(TicketKeys, HaveNothingInCommon) {
  TicketKeys keys({7}, kStart);
  const TicketKey first = keys.current(kStart);
  const TicketKey second = keys.current(kStart + TicketKeys::kPeriod);
  EXPECT_NE(first.name, second.name);
  EXPECT_NE(first.cipher, second.cipher);
  EXPECT_NE(first.mac, second.mac);
  EXPECT_NE(first.cipher, first.mac);
}

}  // namespace
}  // namespace sluice::net::tls
