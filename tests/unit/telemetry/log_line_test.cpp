// Lines that any parser reads, whatever strangers send.
#include "telemetry/log_line.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/log_tap.hpp"

namespace sluice::telemetry {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class LogLineTest : public testing::Test {
 protected:
  LogDraft blank(std::size_t text_bytes = 100) { return tap_.take(text_bytes); }
  static std::string line(LogFormat format, const LogRecord& record) {
    std::string out;
    LineWriter writer(format);
    writer.append(record, std::chrono::system_clock::time_point(1'714'564'800s + 1'234us), out);
    return out;
  }

  LogQueue queue_{1'024, 1, 0};
  LogTap tap_{queue_, {1'024, 1 << 20}, 1.0, true};
};

void fill(LogRecord& record) {
  record.duration = 1'500'250us;
  record.upstream_duration = 12us;
  record.request_bytes = 3;
  record.response_bytes = 128;
  record.generation = 42;
  record.retries = 1;
  record.status = 200;
  record.scheme = "https";
  record.protocol = "HTTP/1.1";
  record.split_reason = "sticky";
  record.failure = "response_cut";
  record.put(LogText::request_id, "id1");
  record.put(LogText::trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  record.put(LogText::client_ip, "10.0.0.9");
  record.put(LogText::method, "GET");
  record.put(LogText::host, "shop.example");
  record.put(LogText::path, "/a?b=c");
  record.put(LogText::referer, "https://else.example/");
  record.put(LogText::user_agent, "curl/8");
  record.put(LogText::route, "shop");
  record.put(LogText::upstream, "blue");
  record.put(LogText::endpoint, "127.0.0.1:9001");
}

TEST_F(LogLineTest, JsonHasTheFieldsOfTheContractInItsOrder) {
  const LogDraft record = blank();
  fill(*record);
  EXPECT_EQ(line(LogFormat::json, *record),
            R"({"ts":"2024-05-01T12:00:00.001234Z","request_id":"id1",)"
            R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","client_ip":"10.0.0.9",)"
            R"("method":"GET","scheme":"https","host":"shop.example","path":"/a?b=c",)"
            R"("protocol":"HTTP/1.1","status":200,"request_bytes":3,"response_bytes":128,)"
            R"("duration_s":1.500250,"upstream_duration_s":0.000012,"route":"shop",)"
            R"("upstream":"blue","endpoint":"127.0.0.1:9001","split_reason":"sticky",)"
            R"("generation":42,"retries":1,"failure":"response_cut","user_agent":"curl/8"})"
            "\n");
}

TEST_F(LogLineTest, JsonLeavesOutWhatIsAbsent) {
  const LogDraft record = blank();
  record->status = 400;
  record->scheme = "http";
  record->failure = "bad_request";
  EXPECT_EQ(line(LogFormat::json, *record),
            R"({"ts":"2024-05-01T12:00:00.001234Z","scheme":"http","status":400,)"
            R"("request_bytes":0,"response_bytes":0,"duration_s":0.000000,)"
            R"("failure":"bad_request"})"
            "\n");
}

TEST_F(LogLineTest, CombinedIsThatOfNginx) {
  const LogDraft record = blank();
  fill(*record);
  EXPECT_EQ(line(LogFormat::combined, *record),
            "10.0.0.9 - - [01/May/2024:12:00:00 +0000] \"GET /a?b=c HTTP/1.1\" 200 128 "
            "\"https://else.example/\" \"curl/8\"\n");
  const LogDraft refused = blank();
  refused->status = 400;
  EXPECT_EQ(line(LogFormat::combined, *refused),
            "- - - [01/May/2024:12:00:00 +0000] \"-\" 400 0 \"-\" \"-\"\n");
}

TEST_F(LogLineTest, CombinedEscapesLikeNginx) {
  const LogDraft record = blank();
  record->put(LogText::user_agent, "a\"b\\c\x01\x7f\xc3\xa9 d");
  const std::string text = line(LogFormat::combined, *record);
  EXPECT_NE(text.find(R"("a\x22b\x5Cc\x01\x7F\xC3\xA9 d")"), std::string::npos) << text;
}

// What a reader of the log does to get the very bytes back.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    EXPECT_EQ(text.substr(at, 2), "\\x");
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    out += static_cast<char>(digit(text[at + 2]) * 16 + digit(text[at + 3]));
    at += 3;
  }
  return out;
}

std::string random_text(Xoshiro256& random) {
  static const std::string kPieces[] = {"a",    "\"",   "\\",       "\n",           "\xc3\xa9",
                                        "\xe2", "\xff", "\xf0\x9f", "\xe2\x82\xac", "\\x41"};
  std::string out;
  for (std::uint64_t left = random.below(60); left > 0; --left) {
    if (random.below(2) == 0) out += kPieces[random.below(std::size(kPieces))];
    out += static_cast<char>(random.below(256));
  }
  return out;
}

TEST_F(LogLineTest, JsonIsValidAndLosslessForAnyBytes) {
  Xoshiro256 random(7);
  for (int round = 0; round < 5'000; ++round) {
    const std::string path = random_text(random);
    const std::string agent = random_text(random);
    const LogDraft record = blank(path.size() + agent.size());
    record->put(LogText::path, path);
    record->put(LogText::user_agent, agent);
    const std::string text = line(LogFormat::json, *record);
    ASSERT_EQ(text.find('\n'), text.size() - 1);
    json::error_code error;
    const json::value parsed = json::parse(text, error);
    ASSERT_FALSE(error) << error.message() << " " << text;
    const auto& object = parsed.as_object();
    const auto read = [&](const char* key) {
      const auto* const found = object.if_contains(key);
      return found ? unescape(std::string_view(found->as_string())) : std::string();
    };
    ASSERT_EQ(read("path"), path) << text;
    ASSERT_EQ(read("user_agent"), agent) << text;
    const std::string combined = line(LogFormat::combined, *record);
    ASSERT_EQ(combined.find('\n'), combined.size() - 1);
    ASSERT_EQ(std::count(combined.begin(), combined.end(), '"'), 6);
  }
}

TEST_F(LogLineTest, LongTextsAreCutWithAMarkAndTakeNothingFromOthers) {
  const std::string endless(60'000, 'p');
  for (const std::size_t room : {std::size_t{0}, endless.size()}) {
    const LogDraft record = blank(room);
    for (std::size_t i = 0; i < kLogTexts; ++i) record->put(static_cast<LogText>(i), endless);
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kLogTexts; ++i) {
      const std::string_view text = record->text(static_cast<LogText>(i));
      sum += text.size();
      if (room == 0) continue;
      EXPECT_EQ(text.size(), kLogTextMax[i]);
      EXPECT_TRUE(text.ends_with(kCutMark));
    }
    EXPECT_LE(sum, (room == 0 ? LogTap::kSmall : LogTap::kLarge) - sizeof(LogRecord));
  }
}

TEST_F(LogLineTest, NamesFindRoomBesideRequestTextsThatFillTheBlock) {
  const std::size_t texts = LogTap::kSmall - sizeof(LogRecord) - LogTap::kNamesRoom;
  const LogDraft record = blank(texts);
  record->put(LogText::path, std::string(texts, 'p'));
  for (const LogText name : {LogText::route, LogText::upstream, LogText::endpoint}) {
    const std::string longest(kLogTextMax[static_cast<std::size_t>(name)], 'n');
    record->put(name, longest);
    EXPECT_EQ(record->text(name), longest);
  }
}

TEST(SecondTexts, FollowTheSecond) {
  std::string first, second;
  LogQueue queue{1'024, 1, 0};
  LogTap tap{queue, {1'024, 1 << 20}, 1.0, true};
  const LogDraft record = tap.take(10);
  LineWriter writer(LogFormat::json);
  const std::chrono::system_clock::time_point time(1'714'564'799s + 999'999us);
  writer.append(*record, time, first);
  writer.append(*record, time + 1us, second);
  EXPECT_TRUE(first.starts_with(R"({"ts":"2024-05-01T11:59:59.999999Z")")) << first;
  EXPECT_TRUE(second.starts_with(R"({"ts":"2024-05-01T12:00:00.000000Z")")) << second;
}

}  // namespace
}  // namespace sluice::telemetry
