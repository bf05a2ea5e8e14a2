#include "telemetry/log_line.hpp"

#include <charconv>

namespace sluice::telemetry {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::system_clock;

void append_number(std::uint64_t value, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// 2024-05-01T12:00:00
std::size_t print_rfc3339(const std::tm& parts, char (&out)[40]) {
  return std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
}

// 01/May/2024:12:00:00 +0000
std::size_t print_common(const std::tm& parts, char (&out)[40]) {
  return std::strftime(out, sizeof out, "%d/%b/%Y:%H:%M:%S +0000", &parts);
}

// Six digits.
void append_fraction(microseconds part, std::string& out) {
  char digits[7] = "000000";
  auto left = static_cast<std::uint64_t>(part.count());
  for (int i = 5; i >= 0; --i, left /= 10) digits[i] = static_cast<char>('0' + left % 10);
  out.append(digits, 6);
}

void append_seconds(nanoseconds duration, std::string& out) {
  const auto us = std::chrono::duration_cast<microseconds>(duration);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(us);
  append_number(static_cast<std::uint64_t>(whole.count()), out);
  out += '.';
  append_fraction(us - whole, out);
}

// Members of one JSON object; absent ones are left out.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name) += '"';
    append_json_text(value, out_);
    out_ += '"';
  }
  void number(std::string_view name, std::uint64_t value) { append_number(value, key(name)); }
  void seconds(std::string_view name, nanoseconds value) { append_seconds(value, key(name)); }

 private:
  std::string& key(std::string_view name) { return out_.append(",\"").append(name).append("\":"); }
  std::string& out_;
};

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
    : format_(format), second_(format == LogFormat::combined ? print_common : print_rfc3339) {}

void LineWriter::append(const LogRecord& record, system_clock::time_point began, std::string& out) {
  if (format_ == LogFormat::json) append_json(record, began, out);
  if (format_ == LogFormat::combined) append_combined(record, began, out);
}

void LineWriter::append_json(const LogRecord& record, system_clock::time_point began,
                             std::string& out) {
  const auto second = std::chrono::floor<std::chrono::seconds>(began);
  out.append("{\"ts\":\"").append(second_.of(second)).append(".");
  append_fraction(std::chrono::floor<microseconds>(began - second), out);
  out.append("Z\"");
  Members members(out);
  members.text("request_id", record.text(LogText::request_id));
  members.text("trace_id", record.text(LogText::trace_id));
  members.text("client_ip", record.text(LogText::client_ip));
  members.text("method", record.text(LogText::method));
  members.text("scheme", record.scheme);
  members.text("host", record.text(LogText::host));
  members.text("path", record.text(LogText::path));
  members.text("protocol", record.protocol);
  members.number("status", record.status);
  members.number("request_bytes", record.request_bytes);
  members.number("response_bytes", record.response_bytes);
  members.seconds("duration_s", record.duration);
  if (record.upstream_duration >= nanoseconds::zero())
    members.seconds("upstream_duration_s", record.upstream_duration);
  members.text("route", record.text(LogText::route));
  members.text("upstream", record.text(LogText::upstream));
  members.text("endpoint", record.text(LogText::endpoint));
  members.text("split_reason", record.split_reason);
  if (record.generation != 0) members.number("generation", record.generation);
  if (record.retries >= 0) members.number("retries", static_cast<std::uint64_t>(record.retries));
  members.text("failure", record.failure);
  members.text("user_agent", record.text(LogText::user_agent));
  out.append("}\n");
}

// The user of `combined` stands in Authorization, which is never looked at: always "-".
void LineWriter::append_combined(const LogRecord& record, system_clock::time_point began,
                                 std::string& out) {
  const auto or_dash = [&out](std::string_view text) {
    text.empty() ? void(out += '-') : append_combined_text(text, out);
  };
  or_dash(record.text(LogText::client_ip));
  const auto second = std::chrono::floor<std::chrono::seconds>(began);
  out.append(" - - [").append(second_.of(second)).append("] \"");
  or_dash(record.text(LogText::method));
  if (!record.text(LogText::method).empty()) {
    append_combined_text(record.text(LogText::path), out += ' ');
    out.append(" ").append(record.protocol);
  }
  append_number(record.status, out += "\" ");
  append_number(record.response_bytes, out += ' ');
  out += " \"";
  or_dash(record.text(LogText::referer));
  out += "\" \"";
  or_dash(record.text(LogText::user_agent));
  out += "\"\n";
}

}  // namespace sluice::telemetry
