#include "loadtest/ledger/message.hpp"

#include <algorithm>
#include <charconv>

namespace ledger {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kHeadMax = 64 * 1024;
constexpr std::size_t kChunkLineMax = 1'024;

Ending ending_of(Arrival arrival) {
  return arrival == Arrival::timed_out ? Ending::timed_out : Ending::cut;
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool parse_fields(std::string_view text, Head& head) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 2));
    const std::size_t colon = row.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    std::string name(row.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), to_lower);
    const std::size_t from = row.find_first_not_of(" \t", colon + 1);
    head.fields.emplace_back(std::move(name),
                             from == std::string_view::npos ? "" : row.substr(from));
  }
  return true;
}

// Waits until the input has a line; the line without its end, nothing when the line broke.
Ending await_line(Line& line, Clock::time_point until, std::string& out) {
  for (;;) {
    const std::size_t end = line.input().find("\r\n");
    if (end != std::string_view::npos) {
      out.assign(line.input().substr(0, end));
      line.consume(end + 2);
      return Ending::whole;
    }
    if (line.input().size() > kChunkLineMax) return Ending::malformed;
    const Arrival arrival = line.more(until);
    if (arrival != Arrival::bytes) return ending_of(arrival);
  }
}

Ending read_exactly(Line& line, std::uint64_t size, Clock::time_point until, const Sink& sink) {
  while (size > 0) {
    const std::string_view piece =
        line.input().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(size, kHeadMax)));
    if (!piece.empty()) {
      if (!sink(piece)) return Ending::stopped;
      size -= piece.size();
      line.consume(piece.size());
      continue;
    }
    const Arrival arrival = line.more(until);
    if (arrival != Arrival::bytes) return ending_of(arrival);
  }
  return Ending::whole;
}

Ending read_trailers(Line& line, Clock::time_point until) {
  std::string row;
  Ending ending = Ending::whole;
  do {
    ending = await_line(line, until, row);
  } while (ending == Ending::whole && !row.empty());
  return ending;
}

Ending read_chunks(Line& line, Clock::time_point until, const Sink& sink) {
  std::string row;
  for (;;) {
    Ending ending = await_line(line, until, row);
    if (ending != Ending::whole) return ending;
    const auto size = whole_number(std::string_view(row).substr(0, row.find(';')), 16);
    if (!size) return Ending::malformed;
    if (*size == 0) return read_trailers(line, until);
    ending = read_exactly(line, *size, until, sink);
    if (ending != Ending::whole) return ending;
    ending = await_line(line, until, row);
    if (ending != Ending::whole) return ending;
    if (!row.empty()) return Ending::malformed;
  }
}

Ending read_to_close(Line& line, Clock::time_point until, const Sink& sink) {
  for (;;) {
    if (!line.input().empty() && !sink(line.input())) return Ending::stopped;
    line.consume(line.input().size());
    const Arrival arrival = line.more(until);
    if (arrival == Arrival::ended) return Ending::whole;
    if (arrival != Arrival::bytes) return ending_of(arrival);
  }
}

}  // namespace

std::optional<std::string_view> Head::field(std::string_view name) const {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return std::nullopt;
}

bool Head::says_close() const {
  return field("connection").value_or("") == "close";
}

HeadRead read_head(Line& line, Clock::time_point until) {
  HeadRead out;
  std::size_t end = line.input().find(kHeadEnd);
  while (end == std::string_view::npos) {
    if (line.input().size() > kHeadMax) return out.ending = Ending::malformed, out;
    const Arrival arrival = line.more(until);
    if (arrival != Arrival::bytes) {
      const bool silent = line.input().empty() && arrival != Arrival::timed_out;
      out.reset = arrival == Arrival::reset;
      return out.ending = silent ? Ending::nothing : ending_of(arrival), out;
    }
    end = line.input().find(kHeadEnd);
  }
  const std::string_view text = line.input().substr(0, end);
  const std::size_t first = std::min(text.find("\r\n"), text.size());
  out.head.first_line.assign(text.substr(0, first));
  const std::string_view rest = text.substr(std::min(text.size(), first + 2));
  out.ending = parse_fields(rest, out.head) ? Ending::whole : Ending::malformed;
  line.consume(end + kHeadEnd.size());
  return out;
}

BodyPlan plan_body(const Head& head, bool is_response, bool answers_head, unsigned status) {
  const bool bodiless = answers_head || status == 204 || status == 304 || status / 100 == 1;
  if (is_response && bodiless) return {};
  const auto coding = head.field("transfer-encoding");
  const auto length = head.field("content-length");
  if (coding && (length || *coding != "chunked")) return {.malformed = true};
  if (coding) return {.framing = Framing::chunked};
  if (!length) return {.framing = is_response ? Framing::until_close : Framing::none};
  const auto size = whole_number(*length);
  if (!size) return {.malformed = true};
  return {.framing = Framing::length, .length = *size};
}

Ending read_body(Line& line, const BodyPlan& plan, Clock::time_point until, const Sink& sink) {
  if (plan.malformed) return Ending::malformed;
  switch (plan.framing) {
    case Framing::none:
      return Ending::whole;
    case Framing::length:
      return read_exactly(line, plan.length, until, sink);
    case Framing::chunked:
      return read_chunks(line, until, sink);
    case Framing::until_close:
      return read_to_close(line, until, sink);
  }
  return Ending::malformed;
}

std::optional<std::uint64_t> whole_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view cut_word(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return word;
}

std::string in_chunks(std::string_view body, std::size_t size) {
  std::string out;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, size);
    char digits[16];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, piece.size(), 16);
    out.append(digits, end).append("\r\n").append(piece).append("\r\n");
    body.remove_prefix(piece.size());
  }
  return out.append("0\r\n\r\n");
}

}  // namespace ledger
