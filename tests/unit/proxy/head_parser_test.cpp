#include "proxy/http1/head_parser.hpp"

#include <gtest/gtest.h>

namespace sluice::proxy::http1 {
namespace {

using Found = HeadScan::Found;

struct Scanned {
  Found found = Found::incomplete;
  std::size_t size = 0;
  HeadProblem problem = HeadProblem::none;
  bool operator==(const Scanned&) const = default;
};

void PrintTo(const Scanned& scanned, std::ostream* out) {
  *out << static_cast<int>(scanned.found) << ", " << scanned.size << " bytes, "
       << to_string(scanned.problem);
}

Scanned result(const HeadScan& scan, Found found) {
  Scanned out{found, 0, HeadProblem::none};
  if (found == Found::complete) out.size = scan.head_size();
  if (found == Found::bad) out.problem = scan.problem();
  return out;
}

// Fed `first` bytes, then one more at a time.
Scanned scan_cut(std::string_view input, std::size_t first, const HeadLimits& limits) {
  HeadScan scan;
  for (std::size_t size = first;; ++size) {
    const Found found = scan.scan(input.substr(0, size), limits);
    if (found != Found::incomplete || size >= input.size()) return result(scan, found);
  }
}

Scanned scan_whole(std::string_view input, const HeadLimits& limits = {}) {
  HeadScan scan;
  return result(scan, scan.scan(input, limits));
}

HeadProblem problem_of(std::string_view input, const HeadLimits& limits = {}) {
  const Scanned scanned = scan_whole(input, limits);
  if (scanned.found != Found::complete) return scanned.problem;
  RequestHead head;
  return parse_request_head(input.substr(0, scanned.size), limits, head);
}

// ---- requests ----------------------------------------------------------------------------------

struct Row {
  std::string input;
  HeadProblem problem;
};

std::string with(const std::string& fields) {
  return "GET / HTTP/1.1\r\n" + fields + "\r\n";
}

const std::vector<Row>& rows() {
  using namespace std::string_literals;
  using P = HeadProblem;
  static const std::vector<Row> all{
      // RFC 9112 section 2.2: lines
      {"GET / HTTP/1.1\r\n\r\n", P::none},
      {"GET / HTTP/1.1\n\r\n", P::bad_line_end},
      {"GET / HTTP/1.1\r\n\n", P::bad_line_end},
      {with("A: b\n"), P::bad_line_end},
      {"\nGET / HTTP/1.1\r\n\r\n", P::bad_line_end},
      {with("A: b\r\r\n"), P::bad_field_value},
      {with("A: b\rc\r\n"), P::bad_field_value},
      {"GET / HTTP/1.1\r\r\n\r\n", P::bad_version},
      // section 3: the request line
      {"get / HTTP/1.1\r\n\r\n", P::none},
      {"M-SEARCH * HTTP/1.1\r\n\r\n", P::none},
      {"G ET / HTTP/1.1\r\n\r\n", P::bad_version},
      {" GET / HTTP/1.1\r\n\r\n", P::bad_first_line},
      {"GET /\r\n\r\n", P::bad_first_line},
      {"GET\r\n\r\n", P::bad_first_line},
      {"G@T / HTTP/1.1\r\n\r\n", P::bad_first_line},
      {"GET  HTTP/1.1\r\n\r\n", P::bad_target},
      {"GET /\t HTTP/1.1\r\n\r\n", P::bad_target},
      {"GET /# HTTP/1.1\r\n\r\n", P::bad_target},
      {"GET /\x7f HTTP/1.1\r\n\r\n", P::bad_target},
      {"GET /\x80 HTTP/1.1\r\n\r\n", P::bad_target},
      {"GET /\0 HTTP/1.1\r\n\r\n"s, P::bad_target},
      // section 2.3: versions
      {"GET / HTTP/1.0\r\n\r\n", P::none},
      {"GET / HTTP/1.2\r\n\r\n", P::unsupported_version},
      {"GET / HTTP/2.0\r\n\r\n", P::unsupported_version},
      {"GET / HTTP/0.9\r\n\r\n", P::bad_version},
      {"GET / HTTP/1,1\r\n\r\n", P::bad_version},
      {"GET / HTTP/1.1x\r\n\r\n", P::bad_version},
      {"GET / HTTP/11\r\n\r\n", P::bad_version},
      {"GET / HTTP/\r\n\r\n", P::bad_version},
      {"GET / \r\n\r\n", P::bad_version},
      {"PRI * HTTP/2.0\r\n\r\n", P::bad_version},
      {"PRI * HTTP/1.1\r\n\r\n", P::bad_version},
      // section 5: fields
      {with("A:b\r\n"), P::none},
      {with("A: \t b \t\r\n"), P::none},
      {with("A:\r\n"), P::none},
      {with("A: \xff\r\n"), P::none},
      {with("A: b:c\r\n"), P::none},
      {with("!#$%&'*+-.^_`|~09azAZ: b\r\n"), P::none},
      {with("A : b\r\n"), P::bad_field_name},
      {with(" A: b\r\n"), P::bad_field_name},
      {with("\tA: b\r\n"), P::bad_field_name},
      {with("A: b\r\n c\r\n"), P::bad_field_name},
      {with(": b\r\n"), P::bad_field_name},
      {with("A\r\n"), P::bad_field_name},
      {with("A\"B: c\r\n"), P::bad_field_name},
      {with("A\x80: c\r\n"), P::bad_field_name},
      {with("A\0: c\r\n"s), P::bad_field_name},
      {with("A: \0\r\n"s), P::bad_field_value},
      {with("A: \x01\r\n"), P::bad_field_value},
      {with("A: \x7f\r\n"), P::bad_field_value},
      {with("A: \v\r\n"), P::bad_field_value},
  };
  return all;
}

TEST(RequestHeadTable, AcceptsAndRefuses) {
  for (const Row& row : rows())
    EXPECT_EQ(to_string(problem_of(row.input)), to_string(row.problem)) << row.input;
}

TEST(RequestHeadTable, TheEndIsFoundHoweverTheBytesAreCut) {
  for (const Row& row : rows()) {
    const std::string input = row.input + "GET /next HTTP/1.1\r\n";
    const Scanned whole = scan_whole(input);
    for (std::size_t first = 0; first <= input.size(); ++first)
      EXPECT_EQ(scan_cut(input, first, {}), whole) << row.input << " cut at " << first;
  }
}

TEST(RequestHead, ViewsAreWhatWasSent) {
  const std::string_view input =
      "POST /a?b HTTP/1.0\r\nHost: x\r\nX-Two:  a b \t\r\nX-Empty:\r\n\r\nbody";
  const Scanned scanned = scan_whole(input);
  ASSERT_EQ(scanned.size, input.size() - 4);
  RequestHead head;
  ASSERT_EQ(parse_request_head(input.substr(0, scanned.size), {}, head), HeadProblem::none);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.method_id, Method::post);
  EXPECT_EQ(head.target, "/a?b");
  EXPECT_TRUE(head.http_1_0);
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(head.fields[0].name, "Host");
  EXPECT_EQ(head.fields.id(0), FieldId::host);
  EXPECT_EQ(head.fields[1].value, "a b");
  EXPECT_EQ(head.fields[2].value, "");
}

TEST(RequestHead, AnObjectUsedAgainForgetsTheOneBefore) {
  RequestHead head;
  ASSERT_EQ(parse_request_head("GET /1 HTTP/1.0\r\nA: b\r\nC: d\r\n\r\n", {}, head),
            HeadProblem::none);
  head.fields.drop(0);
  ASSERT_EQ(parse_request_head("PUT /2 HTTP/1.1\r\nE: f\r\n\r\n", {}, head), HeadProblem::none);
  EXPECT_EQ(head.fields.size(), 1U);
  EXPECT_FALSE(head.fields.dropped(0));
  EXPECT_FALSE(head.http_1_0);
}

// ---- limits ------------------------------------------------------------------------------------

TEST(Limits, AreExactAndDoNotDependOnTheCut) {
  const HeadLimits limits{.bytes = 64, .count = 2, .first_line = 24};
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1\r\n";
  };
  const std::string fits = target(24) + "\r\n";
  const std::string long_line = target(25) + "\r\n";
  const std::string head = "GET / HTTP/1.1\r\nA: ";
  const std::string full = head + std::string(64 - head.size() - 4, 'a') + "\r\n\r\n";
  const std::string over = head + std::string(65 - head.size() - 4, 'a') + "\r\n\r\n";
  const std::pair<std::string, HeadProblem> cases[] = {
      {fits, HeadProblem::none},
      {long_line, HeadProblem::first_line_too_long},
      {full, HeadProblem::none},
      {over, HeadProblem::head_too_large},
      {std::string(500, 'a'), HeadProblem::first_line_too_long},
      {"GET / HTTP/1.1\r\n" + std::string(500, 'a'), HeadProblem::head_too_large},
      // Behind the limit nothing else counts, even when it is already there.
      {std::string(25, 'a') + "\nb\r\n\r\n", HeadProblem::bad_line_end},
      {std::string(27, 'a') + "\nb\r\n\r\n", HeadProblem::first_line_too_long},
      {head + std::string(44 - head.size(), 'a') + "\nb\r\n\r\n", HeadProblem::bad_line_end},
      {head + std::string(64 - head.size(), 'a') + "\nb\r\n\r\n", HeadProblem::head_too_large},
      {head + std::string(62 - head.size(), 'a') + "\r\n\nb\r\n", HeadProblem::head_too_large},
  };
  for (const auto& [input, problem] : cases) {
    EXPECT_EQ(to_string(problem_of(input, limits)), to_string(problem)) << input;
    for (std::size_t first = 0; first <= input.size(); ++first)
      EXPECT_EQ(scan_cut(input, first, limits), scan_whole(input, limits)) << input << first;
  }
}

TEST(Limits, CountOfFields) {
  const HeadLimits limits{.count = 2};
  EXPECT_EQ(problem_of(with("A: 1\r\nB: 2\r\n"), limits), HeadProblem::none);
  EXPECT_EQ(problem_of(with("A: 1\r\nB: 2\r\nC: 3\r\n"), limits), HeadProblem::too_many_fields);
}

TEST(Limits, TheListItselfIsNeverOverrun) {
  std::string fields;
  for (std::size_t i = 0; i < FieldList::kMax; ++i) fields += "A: 1\r\n";
  const HeadLimits limits{.count = 10'000};
  EXPECT_EQ(problem_of(with(fields), limits), HeadProblem::none);
  EXPECT_EQ(problem_of(with(fields + "B: 2\r\n"), limits), HeadProblem::too_many_fields);
}

// ---- responses ---------------------------------------------------------------------------------

HeadProblem response_problem(std::string_view input, ResponseHead& head) {
  const Scanned scanned = scan_whole(input);
  if (scanned.found != Found::complete) return scanned.problem;
  return parse_response_head(input.substr(0, scanned.size), {}, head);
}

TEST(ResponseHead, AcceptsAndRefuses) {
  using P = HeadProblem;
  const std::pair<const char*, P> cases[] = {
      {"HTTP/1.1 200 OK\r\n\r\n", P::none},
      {"HTTP/1.0 404 Not Found\r\n\r\n", P::none},
      {"HTTP/1.1 200 \r\n\r\n", P::none},
      {"HTTP/1.1 200\r\n\r\n", P::none},  // the blank is required, and often missing
      {"HTTP/1.1 200 \xc3\xa4\r\n\r\n", P::none},
      {"HTTP/1.1 599 x\r\n\r\n", P::none},
      {"HTTP/1.1 100 Continue\r\n\r\n", P::none},
      {"HTTP/1.1 600 x\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 099 x\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 20 OK\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 2000\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 +20 OK\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1  200 OK\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1\t200 OK\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 200\tOK\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 200 O\rK\r\n\r\n", P::bad_first_line},
      {"HTTP/2.0 200 OK\r\n\r\n", P::bad_version},
      {"http/1.1 200 OK\r\n\r\n", P::bad_version},
      {"ICY 200 OK and more\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1\r\n\r\n", P::bad_first_line},
      {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", P::bad_field_name},
      {"HTTP/1.1 200 OK\nA: b\r\n\r\n", P::bad_line_end},
  };
  for (const auto& [input, problem] : cases) {
    ResponseHead head;
    EXPECT_EQ(to_string(response_problem(input, head)), to_string(problem)) << input;
  }
}

TEST(ResponseHead, ViewsAreWhatWasSent) {
  ResponseHead head;
  ASSERT_EQ(response_problem("HTTP/1.0 404 Not  Found\r\nA: b\r\n\r\n", head), HeadProblem::none);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not  Found");
  EXPECT_TRUE(head.http_1_0);
  EXPECT_EQ(head.fields.size(), 1U);
}

}  // namespace
}  // namespace sluice::proxy::http1
