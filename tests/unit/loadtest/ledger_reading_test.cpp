// The client of the ledger rig must see what is wrong with an answer, and the ledger of an upstream
// must come back as it was written.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loadtest/ledger/content.hpp"
#include "loadtest/ledger/reading.hpp"
#include "loadtest/ledger/upstream_log.hpp"

namespace ledger {
namespace {

constexpr std::uint64_t kRun = 7;
constexpr std::uint64_t kId = 11;

std::string body_of(std::uint64_t id) {
  const Content content(kRun, id, Direction::response);
  return content.bytes(content.response_size());
}

std::string head_of(std::uint64_t id, const std::string& framing) {
  return "HTTP/1.1 200 OK\r\nX-Ledger-Id: " + std::to_string(id) +
         "\r\nX-Ledger-Hash: ab\r\nX-Ledger-By: blue.1\r\n" + framing + "\r\n\r\n";
}

std::string length(std::size_t size) {
  return "Content-Length: " + std::to_string(size);
}

// What the client makes of these bytes, behind which the connection ends.
Outcome outcome_of(const std::string& bytes, Method method = Method::get) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Line line(ends[0]);
  EXPECT_EQ(::send(ends[1], bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  const std::vector<std::string> servers{"blue.1"};
  ClientEntry entry{.id = kId, .body_hash = 0xab, .method = method, .sent_whole = true};
  return read_answer(line, {kRun, servers}, entry).outcome;
}

TEST(LedgerReading, TellsAnswersApart) {
  const std::string body = body_of(kId);
  const std::string chunked = "Transfer-Encoding: chunked";
  std::string spoilt = body;
  spoilt.back() ^= 1;
  const struct {
    const char* name;
    std::string bytes;
    Outcome outcome;
  } cases[]{
      {"right", head_of(kId, length(body.size())) + body, Outcome::whole},
      {"right, in chunks", head_of(kId, chunked) + in_chunks(body, 7), Outcome::whole},
      {"the proxy's own", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno",
       Outcome::refused},
      {"nothing", "", Outcome::unanswered},
      {"half a head", "HTTP/1.1 200 O", Outcome::broken},
      {"half a body", head_of(kId, length(body.size())) + body.substr(1), Outcome::foreign_bytes},
      {"cut", head_of(kId, length(body.size())) + body.substr(0, 8), Outcome::broken},
      {"cut in chunks", head_of(kId, chunked) + in_chunks(body, 7).substr(0, 20), Outcome::broken},
      {"all chunks but the last", head_of(kId, chunked) + "1\r\n" + body.substr(0, 1) + "\r\n",
       Outcome::broken},
      {"chunks that end too early", head_of(kId, chunked) + in_chunks(body.substr(0, 8), 8),
       Outcome::false_end},
      {"a length that is too small", head_of(kId, length(8)) + body.substr(0, 8),
       Outcome::false_end},
      {"a body that ends with the connection", head_of(kId, "X-A: b") + body, Outcome::false_end},
      {"more than there should be", head_of(kId, chunked) + in_chunks(body + "x", 99),
       Outcome::foreign_bytes},
      {"one bit", head_of(kId, length(body.size())) + spoilt, Outcome::foreign_bytes},
      {"another answer", head_of(12, length(body_of(12).size())) + body_of(12),
       Outcome::foreign_id},
      {"another body", head_of(kId, chunked) + in_chunks(body_of(12), 99), Outcome::foreign_bytes},
      {"a blame", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
       Outcome::unexpected_status},
      {"a 200 of nobody's", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       Outcome::unexpected_status},
      {"two framings", head_of(kId, length(1) + "\r\n" + chunked), Outcome::malformed},
      {"leftover of something else", body, Outcome::broken},
  };
  for (const auto& one : cases) EXPECT_EQ(outcome_of(one.bytes), one.outcome) << one.name;
}

TEST(LedgerReading, AHeadIsTheWholeAnswerToHead) {
  EXPECT_EQ(outcome_of(head_of(kId, length(body_of(kId).size())), Method::head), Outcome::whole);
}

TEST(LedgerReading, AHashThatIsNotTheBodysIsSeen) {
  std::string head = head_of(kId, length(body_of(kId).size()));
  head.replace(head.find("Hash: ab"), 8, "Hash: ac");
  EXPECT_EQ(outcome_of(head + body_of(kId)), Outcome::false_hash);
}

TEST(LedgerContent, MatchesItselfFromEveryPlaceAndNothingElse) {
  const Content content(kRun, kId, Direction::request);
  const std::string bytes = content.bytes(10'000);
  for (std::size_t from = 0; from < 5'000; from += 13)
    ASSERT_TRUE(content.matches(from, std::string_view(bytes).substr(from, 4'999))) << from;
  EXPECT_FALSE(content.matches(1, bytes));
  EXPECT_FALSE(Content(kRun, kId, Direction::response).matches(0, bytes));
  EXPECT_FALSE(Content(kRun, kId + 1, Direction::request).matches(0, bytes));
  EXPECT_FALSE(Content(kRun + 1, kId, Direction::request).matches(0, bytes));
}

TEST(LedgerLog, ComesBackAsItWasWritten) {
  char path[] = "/tmp/ledger-log-XXXXXX";
  ::close(::mkstemp(path));
  {
    UpstreamLog log(path);
    log.write(Event::arrived, Method::post, 5, 0);
    log.write(Event::processed, Method::post, 5, 0xfeedfacecafebeef);
    log.write(Event::garbled, Method::get, UINT64_MAX, 0);
  }
  std::vector<UpstreamEntry> entries;
  EXPECT_TRUE(read_upstream_log(path, 3, entries));
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].event, Event::processed);
  EXPECT_EQ(entries[1].method, Method::post);
  EXPECT_EQ(entries[1].id, 5u);
  EXPECT_EQ(entries[1].body_hash, 0xfeedfacecafebeef);
  EXPECT_EQ(entries[1].server, 3);
  EXPECT_EQ(entries[2].id, UINT64_MAX);
  EXPECT_EQ(::truncate(path, 100), 0);
  EXPECT_FALSE(read_upstream_log(path, 3, entries)) << "a torn record is noticed";
  ::unlink(path);
}

}  // namespace
}  // namespace ledger
