#include "tests/support/strict_http.hpp"

#include <algorithm>

namespace sluice::test::strict {
namespace {

// Thrown within this file alone.
struct Bad {
  std::string why;
};
struct Incomplete {};

void require(bool holds, std::string_view what, std::string_view where = "") {
  if (holds) return;
  throw Bad{std::string(what) + (where.empty() ? "" : ": ") + std::string(where)};
}

// ---- characters ----------------------------------------------------------------------------

bool is_digit(char c) {
  return '0' <= c && c <= '9';
}
bool is_letter(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
}
bool is_visible(char c) {
  return '!' <= c && c <= '~';
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool is_token(std::string_view text) {
  return !text.empty() && all(text, [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) < 15;
  });
}

// field-vchar and blanks (RFC 9110 section 5.5): obs-text passes, CR, LF, NUL and others do not.
bool is_field_content(std::string_view text) {
  return all(text, [](char c) {
    return c == '\t' || c == ' ' || is_visible(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// ---- lines ---------------------------------------------------------------------------------

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos) throw Incomplete{};
  require(rest[end] == '\r', "bare LF");
  if (end + 1 == rest.size()) throw Incomplete{};
  require(rest[end + 1] == '\n', "bare CR");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

std::string_view take_bytes(std::string_view& rest, std::size_t size) {
  if (rest.size() < size) throw Incomplete{};
  const std::string_view bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return bytes;
}

void take_fields(std::string_view& rest, Message& out) {
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const std::size_t colon = line.find(':');
    require(colon != std::string_view::npos, "no colon", line);
    require(is_token(line.substr(0, colon)), "a name that is no token", line);
    const std::string_view value = without_blanks(line.substr(colon + 1));
    require(is_field_content(value), "a control character in a value", line);
    out.fields.push_back({std::string(line.substr(0, colon)), std::string(value)});
  }
}

constexpr std::size_t kLargest = (std::size_t{1} << 63) - 1;

std::size_t read_digits(std::string_view text, unsigned base) {
  require(!text.empty() && text.size() <= 19, "a number of odd size", text);
  std::size_t value = 0;
  for (const char c : lower(text)) {
    const unsigned digit = is_digit(c) ? c - '0' : 'a' <= c && c <= 'f' ? c - 'a' + 10 : 99;
    require(digit < base, "not a digit", text);
    require(value <= (kLargest - digit) / base, "a number too big", text);
    value = value * base + digit;
  }
  return value;
}

// ---- framing -------------------------------------------------------------------------------

void take_chunks(std::string_view& rest, std::string& body) {
  for (;;) {
    const std::size_t size = read_digits(take_line(rest), 16);
    body.append(take_bytes(rest, size));
    require(take_line(rest).empty(), size == 0 ? "a trailer" : "data behind the chunk's size");
    if (size == 0) return;
  }
}

// At most one field says where the body ends, and it says so in the one sound way.
Framing framing_of(const Message& message, std::size_t& length) {
  const auto lengths = message.values_of("content-length");
  const auto codings = message.values_of("transfer-encoding");
  require(lengths.size() + codings.size() <= 1, "more than one framing");
  if (!codings.empty()) {
    require(codings[0] == "chunked", "a transfer coding", codings[0]);
    require(message.version == "HTTP/1.1", "chunked in HTTP/1.0");
    return Framing::chunked;
  }
  if (lengths.empty()) return Framing::none;
  length = read_digits(lengths[0], 10);
  return Framing::length;
}

// ---- requests ------------------------------------------------------------------------------

void check_port(std::string_view text) {
  require(text.starts_with(':') && text.size() > 1 && text.size() < 7, "a port", text);
  require(read_digits(text.substr(1), 10) <= 65535, "a port too big", text);
}

void check_host(std::string_view text) {
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    end = text.find(']');
    require(end != std::string_view::npos && end > 2, "an address literal", text);
    const auto in_address = [](char c) {
      return c == ':' || c == '.' || is_digit(c) || is_letter(c);
    };
    require(all(text.substr(1, end - 1), in_address), "an address literal", text);
    ++end;
  } else {
    const auto in_name = [](char c) {
      return is_digit(c) || is_letter(c) || std::string_view("-._~").find(c) < 4;
    };
    require(end > 0 && all(text.substr(0, end), in_name), "a Host", text);
  }
  if (end < text.size()) check_port(text.substr(end));
}

void take_request_line(std::string_view line, Message& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  require(first != std::string_view::npos && first < last, "a request line", line);
  out.first_line = line;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  out.version = line.substr(last + 1);
  require(is_token(out.method), "a method", line);
  require(out.version == "HTTP/1.1" || out.version == "HTTP/1.0", "a version", line);
  const bool asterisk = out.target == "*" && out.method == "OPTIONS";
  require(asterisk || out.target.starts_with('/'), "a target that is not in origin-form", line);
  require(all(out.target, [](char c) { return is_visible(c) && c != '#'; }), "a target", line);
}

// Tokens, each perhaps with a version, and at least one; h2c is for the hop before.
void check_protocols(std::string_view list) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view one = without_blanks(list.substr(begin, end - begin));
    begin = end + 1;
    if (one.empty()) continue;
    ++count;
    const std::size_t slash = std::min(one.find('/'), one.size());
    require(is_token(one.substr(0, slash)), "a protocol", one);
    require(slash == one.size() || is_token(one.substr(slash + 1)), "a version", one);
    require(lower(one.substr(0, slash)) != "h2c", "h2c", one);
  }
  require(count > 0, "Upgrade to nothing");
}

// Connection may say "Upgrade" and no more, and then there is something to upgrade to.
void check_connection_fields(const Message& message) {
  for (const char* name : {"keep-alive", "proxy-connection", "te", "trailer", "http2-settings"})
    require(message.values_of(name).empty(), "a field of the connection before", name);
  const auto options = message.values_of("connection");
  const auto protocols = message.values_of("upgrade");
  require(options.size() == protocols.size() && options.size() <= 1, "Connection and Upgrade");
  if (options.empty()) return;
  require(lower(options[0]) == "upgrade", "a Connection option", options[0]);
  check_protocols(protocols[0]);
  require(message.framing == Framing::none || message.body.empty(), "Upgrade with a body");
}

Message take_request(std::string_view bytes) {
  Message out;
  std::string_view rest = bytes;
  take_request_line(take_line(rest), out);
  take_fields(rest, out);
  const auto hosts = out.values_of("host");
  require(hosts.size() == 1, "not exactly one Host");
  check_host(hosts[0]);
  for (const Field& field : out.fields)
    require(field.name.find('_') == std::string::npos, "an underscore in a name", field.name);
  std::size_t length = 0;
  out.framing = framing_of(out, length);
  if (out.framing == Framing::length) out.body = take_bytes(rest, length);
  if (out.framing == Framing::chunked) take_chunks(rest, out.body);
  check_connection_fields(out);
  out.size = bytes.size() - rest.size();
  return out;
}

// ---- responses -----------------------------------------------------------------------------

void take_status_line(std::string_view line, Message& out) {
  require(line.size() >= 13 && line.starts_with("HTTP/1.1 ") && line[12] == ' ', "a status line",
          line);
  out.first_line = line;
  out.version = "HTTP/1.1";
  out.status = static_cast<int>(read_digits(line.substr(9, 3), 10));
  require(out.status >= 100 && out.status < 600, "a status", line);
  require(is_field_content(line.substr(13)), "a reason", line);
}

// Names that were for the hop behind the proxy. Connection itself is for this one.
void check_hop(const Message& message) {
  for (const char* name : {"keep-alive", "proxy-connection", "te", "trailer"})
    require(message.values_of(name).empty(), "a field of the connection before", name);
  const bool names_protocol = message.status == 101 || message.status == 426;
  require(names_protocol || message.values_of("upgrade").empty(), "Upgrade");
}

void take_response_body(std::string_view& rest, const Asked& asked, Message& out) {
  std::size_t length = 0;
  out.framing = framing_of(out, length);
  const bool bare = out.status < 200 || out.status == 204;
  require(!bare || out.framing == Framing::none, "a framing where there is no body");
  require(!asked.http_1_0 || out.framing != Framing::chunked, "chunked to an HTTP/1.0 client");
  if (bare || out.status == 304 || asked.method == "HEAD") {
    require(out.framing != Framing::chunked, "chunked where there is no body");
    out.framing = Framing::none;
  } else if (out.framing == Framing::length) {
    out.body = take_bytes(rest, length);
  } else if (out.framing == Framing::chunked) {
    take_chunks(rest, out.body);
  } else {
    if (!asked.ended) throw Incomplete{};
    out.framing = Framing::until_close;
    out.body = take_bytes(rest, rest.size());
  }
}

Message take_response(std::string_view bytes, const Asked& asked) {
  Message out;
  std::string_view rest = bytes;
  take_status_line(take_line(rest), out);
  require(!asked.http_1_0 || out.status >= 200, "1xx to an HTTP/1.0 client");
  take_fields(rest, out);
  check_hop(out);
  take_response_body(rest, asked, out);
  out.size = bytes.size() - rest.size();
  return out;
}

template <class Take>
Reading reading_of(Take take) {
  Reading out;
  try {
    out.message = take();
    out.verdict = Verdict::whole;
  } catch (const Incomplete&) {
    out.verdict = Verdict::incomplete;
  } catch (const Bad& bad) {
    out.why = bad.why;
  }
  return out;
}

}  // namespace

std::vector<std::string> Message::values_of(std::string_view name) const {
  std::vector<std::string> out;
  for (const Field& field : fields)
    if (lower(field.name) == lower(name)) out.push_back(field.value);
  return out;
}

std::string Message::head() const {
  std::string out = first_line + "\r\n";
  for (const Field& field : fields) out += field.name + ": " + field.value + "\r\n";
  return out;
}

Reading read_request(std::string_view bytes) {
  return reading_of([&] { return take_request(bytes); });
}

Reading read_response(std::string_view bytes, const Asked& asked) {
  return reading_of([&] { return take_response(bytes, asked); });
}

}  // namespace sluice::test::strict
