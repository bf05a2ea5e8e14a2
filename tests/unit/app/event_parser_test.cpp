// The same events, however the bytes are cut.
#include "app/event_parser.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sluice::app {
namespace {

const std::string kText =
    "retry: 1000\n\n:\n\nid: 7\nevent: weights\ndata: {\"a\":1}\n\nid:8\r\ndata:one\r\ndata:  "
    "two\r\n"
    "unknown: x\r\n\r\nid: 9\n\n";

TEST(EventParser, GivesTheSameInPiecesOfAnySize) {
  for (std::size_t size = 1; size <= kText.size(); ++size) {
    EventParser parser;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < kText.size(); at += size) {
      parser.add(kText.substr(at, size));
      while (const auto event = parser.next())
        seen.push_back(parser.last_id() + "|" + event->type + "|" + event->data);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"7|weights|{\"a\":1}", "8||one\n two"})) << size;
    EXPECT_EQ(parser.last_id(), "9") << size;
  }
}

TEST(EventParser, HalfAnEventMovesNothing) {
  EventParser parser("5");
  parser.add("id: 6\ndata: x\n");
  EXPECT_FALSE(parser.next());
  EXPECT_EQ(parser.last_id(), "5");
}

}  // namespace
}  // namespace sluice::app
