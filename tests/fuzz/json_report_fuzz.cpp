// Any bytes: what is found does not depend on the cuts; nothing is found in a text that a second
// reader, which keeps the whole tree, refuses; and what is found is what stands there. The first
// byte chooses a cut.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "health/json_report.hpp"

namespace {

using namespace sluice::health;
namespace json = boost::json;

constexpr std::string_view kPointers[]{"", "/status", "/a", "/a/0", "/a/b/1", "/~0~1", "/"};

void must(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

const ReportPointers& pointers() {
  static const ReportPointers all = [] {
    ReportPointers made;
    for (const auto pointer : kPointers) made.add(pointer);
    return made;
  }();
  return all;
}

std::string shown(const sluice::Result<ReportValues, std::string>& read) {
  if (!read) return "refused: " + read.error();
  std::string out;
  for (const auto& [shape, scalar] : *read) {
    out += static_cast<char>('0' + static_cast<int>(shape));
    if (const auto* const text = std::get_if<std::string>(&scalar)) out += '"' + *text + '"';
    if (const auto* const number = std::get_if<double>(&scalar)) out += std::to_string(*number);
    if (const auto* const truth = std::get_if<bool>(&scalar)) out += *truth ? 't' : 'f';
    out += ' ';
  }
  return out;
}

sluice::Result<ReportValues, std::string> read_cut(std::string_view text, std::size_t first,
                                                   std::size_t rest) {
  ReportReader reader(pointers());
  bool more = reader.write(text.substr(0, first));
  for (std::size_t at = first; more && at < text.size(); at += rest)
    more = reader.write(text.substr(at, rest));
  return reader.finish();
}

// The other reader rounds less well, and to no number at all for 0e999.
bool near(double found, double parsed) {
  if (std::isnan(parsed)) return found == 0;
  return found == parsed || std::fabs(found - parsed) <= std::fabs(parsed) * 1e-12;
}

bool agrees(const ReportValue& found, const json::value* value) {
  if (value == nullptr) return found.shape == ReportShape::absent;
  if (value->is_object()) return found.shape == ReportShape::object;
  if (value->is_array()) return found.shape == ReportShape::array;
  if (found.shape != ReportShape::scalar) return false;
  if (const auto* const text = std::get_if<std::string>(&found.scalar))
    return value->is_string() && *text == std::string_view(value->get_string());
  if (const auto* const truth = std::get_if<bool>(&found.scalar))
    return value->is_bool() && *truth == value->get_bool();
  if (const auto* const number = std::get_if<double>(&found.scalar))
    return value->is_number() && near(*number, value->to_number<double>());
  return value->is_null();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const auto whole = read_report(pointers(), text);
  const std::string said = shown(whole);
  must(shown(read_cut(text, bytes[0] + 1U, text.size() + 1)) == said, "one cut");
  must(shown(read_cut(text, 1, 1)) == said, "every byte alone");
  must(shown(read_cut(text, 3, 7)) == said, "pieces");
  if (!whole) {
    must(!whole.error().empty(), "refused without a reason");
    return 0;
  }
  json::error_code error;
  const json::value tree = json::parse({text.data(), text.size()}, error);
  must(!error, "taken, yet no JSON");
  for (std::size_t i = 0; i < std::size(kPointers); ++i) {
    json::error_code absent;
    const auto* const value = tree.find_pointer({kPointers[i].data(), kPointers[i].size()}, absent);
    must(agrees((*whole)[i], absent ? nullptr : value), "another value stands there");
  }
  return 0;
}
