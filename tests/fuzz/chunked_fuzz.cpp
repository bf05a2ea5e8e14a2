// Any bytes: the decoder's answer does not depend on the cuts, never gives out more than it took,
// and what it decoded is the same after being encoded again. The first two bytes choose a cut.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "proxy/http1/chunked.hpp"
#include "proxy/http1/head_writer.hpp"

namespace {

using sluice::proxy::http1::ChunkedDecoder;
using Status = ChunkedDecoder::Status;

void must(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

struct Decoded {
  Status status = Status::more;
  std::string body;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view input, std::size_t first, std::size_t step_size) {
  ChunkedDecoder decoder;
  Decoded out;
  for (std::size_t at = 0; at < input.size() && out.status == Status::more;) {
    const std::string_view part = input.substr(at, at == 0 ? first : step_size);
    std::vector<char> piece(part.begin(), part.end());
    const auto step = decoder.decode(piece);
    must(step.produced <= step.consumed && step.consumed <= piece.size(), "bounds");
    must(step.status != Status::more || step.consumed == piece.size(), "left something over");
    out.body.append(piece.data(), step.produced);
    out.consumed += step.consumed;
    out.status = step.status;
    at += part.size();
  }
  return out;
}

std::string encode(const std::string& body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += 1000) {
    const std::string part = body.substr(at, 1000);
    char size[18];
    out.append(size, sluice::proxy::http1::write_chunk_size(part.size(), size));
    out.append(part).append("\r\n");
  }
  return out + "0\r\n\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t cut = (data[0] | (data[1] << 8U)) % size + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Decoded whole = decode(input, size, size);
  must(decode(input, cut, size) == whole, "one cut");
  must(decode(input, 1, 1) == whole, "every byte alone");
  must(decode(input, cut, 3) == whole, "pieces");
  const Decoded again = decode(encode(whole.body), cut, 7);
  must(again.status == Status::done && again.body == whole.body, "encoded again");
  return 0;
}
