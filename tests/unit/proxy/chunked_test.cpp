#include "proxy/http1/chunked.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::proxy::http1 {
namespace {

using Status = ChunkedDecoder::Status;

struct Decoded {
  Status status = Status::more;
  std::string body;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

// Feeds the input in the pieces that `cuts` make; checks what every step promises.
Decoded decode(const std::string& input, const std::vector<std::size_t>& cuts = {}) {
  ChunkedDecoder decoder;
  Decoded out;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= cuts.size() && out.status == Status::more; ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : input.size();
    std::vector<char> piece(input.begin() + static_cast<std::ptrdiff_t>(at),
                            input.begin() + static_cast<std::ptrdiff_t>(end));
    const auto step = decoder.decode(piece);
    EXPECT_LE(step.produced, step.consumed);
    EXPECT_LE(step.consumed, piece.size());
    EXPECT_TRUE(step.status != Status::more || step.consumed == piece.size());
    out.body.append(piece.data(), step.produced);
    out.consumed += step.consumed;
    out.status = step.status;
    at = end;
  }
  return out;
}

struct Good {
  std::string input;
  std::string body;
};
const std::vector<Good>& good() {
  static const std::vector<Good> all{
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"0000000000000001\r\na\r\n0000000000000000\r\n\r\n", "a"},
      {"5;name\r\nhello\r\n0;last=1\r\n\r\n", "hello"},
      {"5;a=b;c=\"d;\\\"e\\\\\"\r\nhello\r\n0\r\n\r\n", "hello"},
      {"4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
      {"0\r\nA: b\r\nC:\r\nD:  e f \r\n\r\n", ""},
      {"0\r\nContent-Lengthy: 1\r\nTransfer-Encoding-: x\r\nHostess: y\r\n\r\n", ""},
  };
  return all;
}

TEST(Chunked, DecodesAndLeavesWhatFollows) {
  for (const Good& row : good()) {
    const Decoded whole = decode(row.input + "GET /next");
    EXPECT_EQ(whole.status, Status::done) << row.input;
    EXPECT_EQ(whole.body, row.body) << row.input;
    EXPECT_EQ(whole.consumed, row.input.size()) << row.input;
  }
}

TEST(Chunked, AnyCutGivesTheSame) {
  for (const Good& row : good()) {
    const std::string input = row.input + "next";
    const Decoded whole = decode(input);
    for (std::size_t a = 0; a <= input.size(); ++a) {
      EXPECT_EQ(decode(input, {a}), whole) << row.input << a;
      for (std::size_t b = a; b <= input.size(); b += 3)
        EXPECT_EQ(decode(input, {a, b}), whole) << row.input << a << ' ' << b;
    }
    std::vector<std::size_t> every;
    for (std::size_t i = 1; i < input.size(); ++i) every.push_back(i);
    EXPECT_EQ(decode(input, every), whole);
  }
}

TEST(Chunked, EveryPrefixWantsMore) {
  for (const Good& row : good())
    for (std::size_t size = 0; size < row.input.size(); ++size)
      EXPECT_EQ(decode(row.input.substr(0, size)).status, Status::more) << row.input << size;
}

// RFC 9112 section 7.1; design rows 1, 10, 11, 12.
const std::vector<std::string>& bad() {
  using namespace std::string_literals;
  static const std::vector<std::string> all{
      "\r\n",
      "g\r\n",
      "-1\r\n",
      "+1\r\n",
      "0x1\r\n",
      "1_0\r\n",
      " 1\r\n",
      "1 \r\n",
      "1\t;a\r\n",
      "1\n",
      "1\r\r\n",
      "1\ra",
      "00000000000000001\r\n",
      "FFFFFFFFFFFFFFFF\r\n",
      "8000000000000000\r\n",
      "FFFFFFFFFFFFFFF0\r\n",
      "1;\r\n",
      "1;;\r\n",
      "1; a\r\n",
      "1;a\n",
      "1;a\rb",
      "1;a=\"b\r\n",
      "1;a=\"b\\\r\n",
      "1;a=\0\r\n"s,
      "1;a=\x7f\r\n",
      "1\r\naX",
      "1\r\na\n",
      "1\r\na\rX",
      "0\r\n\n",
      "0\r\nA\r\n",
      "0\r\n: a\r\n",
      "0\r\nA : b\r\n",
      "0\r\n A: b\r\n",
      "0\r\nA: b\n",
      "0\r\nA: b\rc",
      "0\r\nA: \0\r\n"s,
      "0\r\nA: b\r\n c\r\n",
      "0\r\nContent-Length: 1\r\n",
      "0\r\nCONTENT-LENGTH:1\r\n",
      "0\r\ntransfer-encoding: chunked\r\n",
      "0\r\nHost: a\r\n",
      "0\r\n\rX",
  };
  return all;
}

TEST(Chunked, Refuses) {
  for (const std::string& input : bad()) {
    EXPECT_EQ(decode(input).status, Status::bad) << input;
    for (std::size_t cut = 0; cut <= input.size(); ++cut)
      EXPECT_EQ(decode(input, {cut}).status, Status::bad) << input << cut;
  }
}

TEST(Chunked, StaysBad) {
  ChunkedDecoder decoder;
  std::string first = "x";
  EXPECT_EQ(decoder.decode(first).status, Status::bad);
  std::string good_one = "0\r\n\r\n";
  const auto step = decoder.decode(good_one);
  EXPECT_EQ(step.status, Status::bad);
  EXPECT_EQ(step.produced, 0U);
}

TEST(Chunked, DoneTakesNothingMore) {
  ChunkedDecoder decoder;
  std::string input = "0\r\n\r\n";
  ASSERT_EQ(decoder.decode(input).status, Status::done);
  std::string next = "5\r\nhello";
  const auto step = decoder.decode(next);
  EXPECT_EQ(step.status, Status::done);
  EXPECT_EQ(step.consumed, 0U);
  EXPECT_EQ(next, "5\r\nhello");
}

TEST(Chunked, ALargeChunkCountsDownOverManyPieces) {
  ChunkedDecoder decoder;
  std::string head = "100000\r\n";
  ASSERT_EQ(decoder.decode(head).produced, 0U);
  std::size_t left = 0x100000;
  while (left > 0) {
    std::string piece(std::min<std::size_t>(left, 65'521), 'x');
    const auto step = decoder.decode(piece);
    ASSERT_EQ(step.produced, piece.size());
    left -= piece.size();
  }
  std::string end = "\r\n0\r\n\r\n";
  EXPECT_EQ(decoder.decode(end).status, Status::done);
}

// ---- limits, row 11 ----------------------------------------------------------------------------

TEST(ChunkedLimits, OneLine) {
  const auto with = [](std::size_t size) { return "1;" + std::string(size, 'a') + "\r\nx\r\n"; };
  EXPECT_EQ(decode(with(ChunkedDecoder::kLineMax - 1)).status, Status::more);
  EXPECT_EQ(decode(with(ChunkedDecoder::kLineMax + 1)).status, Status::bad);
}

TEST(ChunkedLimits, ExtensionsOfABody) {
  std::string input;
  const std::string one = "1;" + std::string(999, 'a') + "\r\nx\r\n";
  for (std::size_t i = 0; i < ChunkedDecoder::kExtensionBytesMax / 1000; ++i) input += one;
  EXPECT_EQ(decode(input).status, Status::more);
  EXPECT_EQ(decode(input + one).status, Status::bad);
}

TEST(ChunkedLimits, Trailers) {
  const auto with = [](std::size_t size) {
    return "0\r\nA: " + std::string(size, 'a') + "\r\n\r\n";
  };
  EXPECT_EQ(decode(with(ChunkedDecoder::kTrailerBytesMax - 10)).status, Status::done);
  EXPECT_EQ(decode(with(ChunkedDecoder::kTrailerBytesMax)).status, Status::bad);
  std::string many = "0\r\n";
  for (int i = 0; i < 5000; ++i) many += "A:\r\n";
  EXPECT_EQ(decode(many).status, Status::bad);
}

}  // namespace
}  // namespace sluice::proxy::http1
