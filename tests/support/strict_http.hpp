#pragma once
// Reads one HTTP/1 message as strictly as RFC 9112 and RFC 9110 can be read: the judge of what the
// proxy writes. It shares no code with the proxy, not even base/, so that the two cannot be wrong
// in the same way.
//
// Shape: give it all bytes so far; `incomplete` may become `whole` or `bad` with more of them.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test::strict {

struct Field {
  std::string name;
  std::string value;
  bool operator==(const Field&) const = default;
};

enum class Framing { none, length, chunked, until_close };

struct Message {
  std::string first_line;
  std::string method, target;  // of a request
  int status = 0;              // of a response
  std::string version;
  std::vector<Field> fields;
  Framing framing = Framing::none;
  std::string body;      // decoded
  std::size_t size = 0;  // bytes of the whole message

  std::vector<std::string> values_of(std::string_view name) const;  // any case
  // First line and fields as they would be written again, without the empty line.
  std::string head() const;
};

enum class Verdict { whole, incomplete, bad };
struct Reading {
  Verdict verdict = Verdict::bad;
  std::string why;  // of `bad`
  Message message;
};

// What an origin server may be sent by a proxy: origin-form, one Host, one framing, nothing that
// belongs to the connection before (RFC 9110 section 7.6.1), chunks without extension or trailer.
Reading read_request(std::string_view bytes);

struct Asked {
  std::string_view method = "GET";
  bool http_1_0 = false;  // then chunked is an error, and so is a 1xx
  bool ended = false;     // the connection has ended behind `bytes`, in order
};
// What a proxy may send a client.
Reading read_response(std::string_view bytes, const Asked& asked);

}  // namespace sluice::test::strict
