#include "health/json_report.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "health/printable.hpp"

namespace sluice::health {
namespace {

using routing::JsonScalar;
using Read = Result<ReportValues, std::string>;

// In pieces of `size` bytes.
Read read_in_pieces(const ReportPointers& pointers, std::string_view text, std::size_t size) {
  ReportReader reader(pointers);
  for (std::size_t at = 0; at < text.size(); at += size) {
    if (!reader.write(text.substr(at, size))) break;
  }
  return reader.finish();
}

std::string shown(const Read& read) {
  if (!read) return "refused: " + read.error();
  std::string out;
  for (const auto& [shape, scalar] : *read) {
    out += std::to_string(static_cast<int>(shape)) + ":" + std::to_string(scalar.index()) + " ";
    if (const auto* text = std::get_if<std::string>(&scalar)) out += *text + " ";
    if (const auto* number = std::get_if<double>(&scalar)) out += std::to_string(*number) + " ";
    if (const auto* truth = std::get_if<bool>(&scalar)) out += *truth ? "true " : "false ";
  }
  return out;
}

// What stands at one pointer; however the text is cut, it must be the same.
Read find(std::string_view pointer, std::string_view text) {
  ReportPointers pointers;
  pointers.add(pointer);
  Read whole = read_report(pointers, text);
  for (const std::size_t size : {1, 2, 3, 7, 64})
    EXPECT_EQ(shown(read_in_pieces(pointers, text, size)), shown(whole)) << size << ": " << text;
  return whole;
}

ReportValue scalar(JsonScalar value) {
  return {ReportShape::scalar, std::move(value)};
}

const ReportValue kAbsent{};
const ReportValue kObject{ReportShape::object, {}};
const ReportValue kArray{ReportShape::array, {}};

TEST(JsonReport, FindsWhatAPointerNames) {
  struct Case {
    std::string_view pointer;
    std::string_view text;
    ReportValue value;
  };
  const Case cases[]{
      {"/status", R"({"status":"healthy"})", scalar("healthy")},
      {"/status", " \r\n\t{ \"status\" : \"healthy\" } \n", scalar("healthy")},
      {"/status", R"({"status":"not healthy"})", scalar("not healthy")},
      {"/status", R"({"status":["healthy"]})", kArray},
      {"/status", R"({"status":{"status":"healthy"}})", kObject},
      {"/status", R"({"checks":{"status":"healthy"}})", kAbsent},
      {"/status", R"([{"status":"healthy"}])", kAbsent},
      {"/status", R"("status")", kAbsent},
      {"/status", R"({"Status":"healthy","status ":"healthy"})", kAbsent},
      {"/status", R"({"\u0073tatus":"he\u0061lthy"})", scalar("healthy")},
      {"/a", R"({"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})",
       scalar("\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80")},
      {"/a", "{\"a\":\"\xc3\xa9\"}", scalar("\xc3\xa9")},
      {"/a", R"({"a":null})", scalar(nullptr)},
      {"/a", R"({"a":true})", scalar(true)},
      {"/a", R"({"a":false})", scalar(false)},
      {"/a", R"({"a":0})", scalar(0.0)},
      {"/a", R"({"a":-1})", scalar(-1.0)},
      {"/a", R"({"a":0.1})", scalar(0.1)},
      {"/a", R"({"a":3.141592653589793})", scalar(3.141592653589793)},
      {"/a", R"({"a":1e5})", scalar(100'000.0)},
      {"/a", R"({"a":0e999})", scalar(0.0)},
      {"/a", R"({"a":18446744073709551615})", scalar(18446744073709551615.0)},
      {"/a", R"({"a":""})", scalar("")},
      {"/a/b/c", R"({"a":{"b":{"c":1},"d":{"c":2}},"b":{"c":3}})", scalar(1.0)},
      {"/a/0", R"({"a":[1,2]})", scalar(1.0)},
      {"/a/1", R"({"a":[{"a":[7,8]},2,3]})", scalar(2.0)},
      {"/a/1/0", R"({"a":[[1],[2]]})", scalar(2.0)},
      {"/a/1/x", R"({"a":[{"x":1},{"x":2}]})", scalar(2.0)},
      {"/a/2", R"({"a":[1,2]})", kAbsent},
      {"/a/01", R"({"a":[1,2]})", kAbsent},
      {"/a/-", R"({"a":[1,2]})", kAbsent},
      {"/a/+1", R"({"a":[1,2]})", kAbsent},
      {"/a/0", R"({"a":{"0":"key"}})", scalar("key")},
      {"/10", R"([0,1,2,3,4,5,6,7,8,9,"ten"])", scalar("ten")},
      {"/a~1b", R"({"a/b":1})", scalar(1.0)},
      {"/m~0n", R"({"m~n":1})", scalar(1.0)},
      {"/~01", R"({"~1":1})", scalar(1.0)},
      {"/", R"({"":1})", scalar(1.0)},
      {"//", R"({"":{"":1}})", scalar(1.0)},
      {"/a/", R"({"a":{"":1}})", scalar(1.0)},
      {"", R"({"a":1})", kObject},
      {"", "7", scalar(7.0)},
      {"", " \"x\" ", scalar("x")},
      {"status", R"({"status":1})", kAbsent},
      {"/a", "{}", kAbsent},
      {"/a", "[]", kAbsent},
  };
  for (const auto& [pointer, text, value] : cases) {
    const Read read = find(pointer, text);
    ASSERT_TRUE(read.ok()) << text << ": " << (read ? "" : read.error());
    EXPECT_EQ(read->at(0), value) << pointer << " in " << text;
  }
}

TEST(JsonReport, FindsManyAtOnceInTheOrderOfAdding) {
  ReportPointers pointers;
  EXPECT_EQ(pointers.add("/version"), 0U);
  EXPECT_EQ(pointers.add("/checks/database"), 1U);
  EXPECT_EQ(pointers.add("/checks"), 2U);
  EXPECT_EQ(pointers.add("/version"), 0U);
  EXPECT_EQ(pointers.add("/none"), 3U);
  EXPECT_EQ(pointers.size(), 4U);
  const auto read = read_report(
      pointers, R"({"status":"healthy","checks":{"database":true,"cache":true},"version":"1.4"})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, (ReportValues{scalar("1.4"), scalar(true), kObject, kAbsent}));
}

TEST(JsonReport, HugeNumbersAreHarmless) {
  const std::string digits(60'000, '9');
  for (const std::string& number :
       {std::string("1e999"), "-" + digits, digits + "." + digits.substr(0, 10),
        std::string("1e-999"), "0." + std::string(60'000, '0') + "1"}) {
    const auto read = find("/a", R"({"a":)" + number + "}");
    ASSERT_TRUE(read.ok()) << number.substr(0, 20) << read.error();
    const double value = std::get<double>(read->at(0).scalar);
    EXPECT_TRUE(std::isinf(value) || value == 0) << number.substr(0, 20) << value;
  }
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonReport, RefusesAsAWhole) {
  const std::string not_json = "the report is not JSON: ";
  struct Case {
    std::string text;
    std::string error;  // how it begins
  };
  const Case cases[]{
      {"", not_json + "it ends too early"},
      {" ", not_json + "it ends too early"},
      {R"({"a":1)", not_json + "it ends too early"},
      {R"({"a":1,)", not_json + "it ends too early"},
      {R"({"a":"x)", not_json + "it ends too early"},
      {R"({"a":tru)", not_json + "it ends too early"},
      {R"({"a":1}x)", not_json + "something follows its end"},
      {R"({"a":1}{"a":2})", not_json + "something follows its end"},
      {R"({"a":1} null)", not_json + "something follows its end"},
      {"OK", not_json},
      {"<html>", not_json},
      {R"({"a":01})", not_json},
      {R"({"a":+1})", not_json},
      {R"({"a":.5})", not_json},
      {R"({"a":1.})", not_json},
      {R"({"a":NaN})", not_json},
      {R"({"a":Infinity})", not_json},
      {R"({"a":1e99999999999999999999})", not_json},
      {R"({a:1})", not_json},
      {R"({'a':1})", not_json},
      {R"({"a":1,})", not_json},
      {R"([1,])", not_json},
      {R"(/**/{"a":1})", not_json},
      {R"({"a":"\ud800"})", not_json},
      {R"({"a":"\ud800\u0041"})", not_json + "a bad escape in a text"},
      {R"({"a":"\ude00"})", not_json + "a bad escape in a text"},
      {R"({"a":"\u12x4"})", not_json + "a bad escape in a text"},
      {R"({"a":"\x"})", not_json},
      {"{\"a\":\"\n\"}", not_json},
      {"{\"a\":\"\xff\"}", not_json},
      {"{\"a\":\"\xc0\x80\"}", not_json},
      {"\xef\xbb\xbf{}", not_json},
      {R"({"a":1,"a":1})", "the report has the key \"a\" twice"},
      {R"({"a":1,"b":2,"\u0061":3})", "the report has the key \"a\" twice"},
      {R"({"x":{"a":1,"b":{},"a":1}})", "the report has the key \"a\" twice"},
      {R"([{"a":1},{"a":1,"a":1}])", "the report has the key \"a\" twice"},
      {R"({"":1,"":1})", "the report has the key \"\" twice"},
      {"{\"\\n\xc3\xa9\":1,\"\\n\xc3\xa9\":1}", R"(the report has the key "\x0a\xc3\xa9" twice)"},
      {nested(33), "the report is nested deeper than 32"},
      {R"({"a":1})" + std::string(kReportBytesMax, ' '), "the report is larger than 64 KiB"},
  };
  for (const auto& [text, error] : cases) {
    const auto read = find("/a", text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().substr(0, error.size()), error) << text;
    EXPECT_LT(read.error().size(), 160U) << text;
  }
}

TEST(JsonReport, TakesWhatIsJustWithinItsLimits) {
  EXPECT_TRUE(find("/a", nested(32)).ok());
  const std::string text = R"({"a":1})";
  EXPECT_TRUE(find("/a", text + std::string(kReportBytesMax - text.size(), ' ')).ok());
  EXPECT_TRUE(find("/a", R"({"x":{"a":1},"y":{"a":1},"a":{"a":{"a":1}}})").ok());
}

TEST(JsonReport, ManyKeysAreReadAndTheLastDuplicateIsSeen) {
  std::string text = "{";
  for (int i = 0; i < 5'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  EXPECT_EQ(find("/4999", text + "\"x\":0}")->at(0), scalar(0.0));
  EXPECT_EQ(find("/4999", text + "\"4999\":0}").error(), "the report has the key \"4999\" twice");
}

TEST(Printable, IsOneShortLineOfVisibleAscii) {
  const std::string long_text(100, 'a');
  const std::pair<std::string, std::string> cases[]{
      {"1.4.2-rc1", "1.4.2-rc1"},
      {"a b", "a b"},
      {"a\"b\\", R"(a\"b\\)"},
      {"a\nb\r\x1b[31m\x7f", R"(a\x0ab\x0d\x1b[31m\x7f)"},
      {std::string("\0", 1), R"(\x00)"},
      {"gr\xc3\xbcn", R"(gr\xc3\xbcn)"},
      {long_text.substr(0, 64), long_text.substr(0, 64)},
      {long_text.substr(0, 65), long_text.substr(0, 61) + "..."},
      {long_text.substr(0, 60) + "\n\n", long_text.substr(0, 60) + "..."},
      {long_text.substr(0, 60) + "\n", long_text.substr(0, 60) + "\\x0a"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(printable(text), expected);
    EXPECT_EQ(in_quotes(text), '"' + expected + '"');
    EXPECT_LE(printable(text).size(), kPrintableBytesMax);
  }
}

}  // namespace
}  // namespace sluice::health
