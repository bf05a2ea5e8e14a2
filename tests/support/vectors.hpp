#pragma once
// The table of raw HTTP/1 messages and verdicts in tests/vectors/http1/. README.md there describes
// the format.
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

// What the client gets for one request.
struct VectorAnswer {
  int status = 0;
  bool close = false;    // nothing behind this is served, and the connection ends
  bool as_sent = false;  // `expected` is what was sent
  std::string expected;  // request: what the upstream gets; response: what the client gets
};

struct Vector {
  enum class Side { request, response };
  // What becomes of the upstream's connection behind a response.
  enum class Reuse { any, yes, no };
  std::string name;  // letters and digits
  std::string rfc;
  int row = 0;
  std::string place;  // "heads.txt:12"
  Side side = Side::request;
  std::string request;   // what the client sends
  std::string response;  // what the upstream answers; side response alone
  bool early = false;    // it answers as soon as the head is there
  bool closes = false;   // it closes behind its response
  bool resets = false;
  bool alone = false;   // nothing comes behind the message: the client sends FIN
  bool partly = false;  // fed in pieces (or cut off) part of it may reach the upstream, no end
  bool cut = false;     // the answer must not look complete: 502, or a transfer that breaks
  Reuse reuse = Reuse::any;
  std::vector<VectorAnswer> answers;  // empty and no `cut`: the client gets none
};

void PrintTo(const Vector& vector, std::ostream* out);

struct VectorFiles {
  std::vector<Vector> vectors;
  std::vector<std::string> errors;  // "heads.txt:12: ..."
};
// All files of the folder, in the order of their names.
VectorFiles load_vectors(const std::string& folder);

// "\r \n \t \0 \\ \xNN" and "\*9000(ab)" for repetition. Throws std::runtime_error.
std::string unescape(std::string_view text);
std::string escape(std::string_view bytes);

}  // namespace sluice::test
