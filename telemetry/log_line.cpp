#include "telemetry/log_line.hpp"

namespace sluice::telemetry {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::system_clock;

// All but the texts: names, numbers, time, punctuation, labels.
constexpr std::size_t kFixedBound = 1'024;
constexpr std::size_t kLineBound = kFixedBound + kEscapedMax * kLogTextsMax;

// 2024-05-01T12:00:00
std::size_t print_rfc3339(const std::tm& parts, char (&out)[40]) {
  return std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
}

// 01/May/2024:12:00:00 +0000
std::size_t print_common(const std::tm& parts, char (&out)[40]) {
  return std::strftime(out, sizeof out, "%d/%b/%Y:%H:%M:%S +0000", &parts);
}

// Six digits.
void put_fraction(microseconds part, Cursor& out) {
  char digits[6];
  auto left = static_cast<std::uint32_t>(part.count());
  for (int i = 5; i >= 0; --i, left /= 10) digits[i] = static_cast<char>('0' + left % 10);
  out.text({digits, 6});
}

// The members of one JSON object; each name with its punctuation: `,"name":`.
void put_text(std::string_view name, std::string_view value, Cursor& out) {
  if (value.empty()) return;
  put_json_text(value, out.text(name).sign('"'));
  out.sign('"');
}

void put_seconds(std::string_view name, nanoseconds duration, Cursor& out) {
  const auto us = std::chrono::duration_cast<microseconds>(duration);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(us);
  out.text(name).number(static_cast<std::uint64_t>(whole.count())).sign('.');
  put_fraction(us - whole, out);
}

}  // namespace

std::string_view SecondText::of(std::chrono::sys_seconds second) {
  if (second != second_) {
    const std::time_t seconds = second.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    size_ = print_(parts, text_);
    second_ = second;
  }
  return {text_, size_};
}

LineWriter::LineWriter(LogFormat format)
    : format_(format),
      second_(format == LogFormat::combined ? print_common : print_rfc3339),
      line_(std::make_unique_for_overwrite<char[]>(kLineBound)) {}

void LineWriter::append(const LogRecord& record, WallTime began, std::string& out) {
  Cursor cursor(line_.get());
  if (format_ == LogFormat::json)
    put_json(record, began, cursor);
  else
    put_combined(record, began, cursor);
  out.append(line_.get(), cursor.at());
}

void LineWriter::put_json(const LogRecord& record, WallTime began, Cursor& out) {
  const auto second = std::chrono::floor<std::chrono::seconds>(began);
  out.text("{\"ts\":\"").text(second_.of(second)).sign('.');
  put_fraction(std::chrono::floor<microseconds>(began - second), out);
  out.text("Z\"");
  put_text(",\"request_id\":", record.text(LogText::request_id), out);
  put_text(",\"trace_id\":", record.text(LogText::trace_id), out);
  put_text(",\"client_ip\":", record.text(LogText::client_ip), out);
  put_text(",\"method\":", record.text(LogText::method), out);
  put_text(",\"scheme\":", record.scheme, out);
  put_text(",\"host\":", record.text(LogText::host), out);
  put_text(",\"path\":", record.text(LogText::path), out);
  put_text(",\"protocol\":", record.protocol, out);
  out.text(",\"status\":").number(record.status);
  out.text(",\"request_bytes\":").number(record.request_bytes);
  out.text(",\"response_bytes\":").number(record.response_bytes);
  put_seconds(",\"duration_s\":", record.duration, out);
  if (record.upstream_duration >= nanoseconds::zero())
    put_seconds(",\"upstream_duration_s\":", record.upstream_duration, out);
  put_text(",\"route\":", record.text(LogText::route), out);
  put_text(",\"upstream\":", record.text(LogText::upstream), out);
  put_text(",\"endpoint\":", record.text(LogText::endpoint), out);
  put_text(",\"split_reason\":", record.split_reason, out);
  if (record.generation != 0) out.text(",\"generation\":").number(record.generation);
  if (record.retries >= 0)
    out.text(",\"retries\":").number(static_cast<std::uint64_t>(record.retries));
  put_text(",\"failure\":", record.failure, out);
  put_text(",\"user_agent\":", record.text(LogText::user_agent), out);
  out.text("}\n");
}

// The user of `combined` stands in Authorization, which is never looked at: always "-".
void LineWriter::put_combined(const LogRecord& record, WallTime began, Cursor& out) {
  const auto or_dash = [&out](std::string_view text) {
    put_combined_text(text.empty() ? "-" : text, out);
  };
  or_dash(record.text(LogText::client_ip));
  const auto second = std::chrono::floor<std::chrono::seconds>(began);
  out.text(" - - [").text(second_.of(second)).text("] \"");
  or_dash(record.text(LogText::method));
  if (!record.text(LogText::method).empty()) {
    put_combined_text(record.text(LogText::path), out.sign(' '));
    out.sign(' ').text(record.protocol);
  }
  out.text("\" ").number(record.status).sign(' ').number(record.response_bytes).text(" \"");
  or_dash(record.text(LogText::referer));
  out.text("\" \"");
  or_dash(record.text(LogText::user_agent));
  out.text("\"\n");
}

}  // namespace sluice::telemetry
