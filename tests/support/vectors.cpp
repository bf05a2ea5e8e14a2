#include "tests/support/vectors.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace sluice::test {
namespace {

unsigned number(std::string_view text, int base = 10) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("not a number: " + std::string(text));
  return value;
}

// Cuts the next word off.
std::string_view word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  const std::string_view out = text.substr(0, text.find(' '));
  text.remove_prefix(out.size());
  return out;
}

// Where the bracket that opens at `open` is closed.
std::size_t matching(std::string_view text, std::size_t open) {
  unsigned depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

// Cuts the escape behind a backslash off.
std::string take_escape(std::string_view& text) {
  const char kind = text.empty() ? ' ' : text.front();
  text.remove_prefix(std::min<std::size_t>(1, text.size()));
  if (const std::size_t at = std::string_view("rnt0\\").find(kind); at < 5)
    return std::string(1, "\r\n\t\0\\"[at]);
  if (kind == 'x' && text.size() >= 2) {
    const unsigned value = number(text.substr(0, 2), 16);
    text.remove_prefix(2);
    return std::string(1, static_cast<char>(value));
  }
  const std::size_t open = text.find('(');
  const std::size_t close = matching(text, open);
  if (kind != '*' || open == std::string_view::npos || close == std::string_view::npos)
    throw std::runtime_error("an unknown escape");
  const std::string once = unescape(text.substr(open + 1, close - open - 1));
  std::string out;
  for (unsigned i = number(text.substr(0, open)); i > 0; --i) out += once;
  text.remove_prefix(close + 1);
  return out;
}

// ---- lines of a file -----------------------------------------------------------------------

class Reader {
 public:
  Reader(std::string file, VectorFiles& out) : file_(std::move(file)), out_(out) {}

  void line(std::string_view text) {
    ++number_;
    try {
      take(text);
    } catch (const std::runtime_error& error) {
      complain(error.what());
    }
  }
  void end() {
    if (vector_.name.empty()) return;
    if (vector_.row == 0 || vector_.rfc.empty()) complain(vector_.name + ": no row or no rfc");
    if (vector_.request.empty()) complain(vector_.name + ": no message");
    if (!verdict_) complain(vector_.name + ": no verdict");
    out_.vectors.push_back(std::exchange(vector_, {}));
  }

 private:
  void complain(const std::string& what) {
    out_.errors.push_back(file_ + ":" + std::to_string(number_) + ": " + what);
  }

  void take(std::string_view text) {
    if (text.empty() || text.front() == '#') return;
    if (text.starts_with("side: ")) return begin_side(text.substr(6));
    if (text.starts_with("== ")) return begin(text.substr(3));
    if (vector_.name.empty()) throw std::runtime_error("nothing has a name yet");
    if (text.starts_with("rfc: "))
      vector_.rfc = text.substr(5);
    else if (text.starts_with("row: "))
      vector_.row = static_cast<int>(number(text.substr(5)));
    else if (text.starts_with("> "))
      vector_.request += unescape(text.substr(2));
    else if (text.starts_with("< "))
      vector_.response += unescape(text.substr(2));
    else if (text.starts_with("| "))
      answer().expected += unescape(text.substr(2));
    else if (text.starts_with("then: "))
      take_ending(text.substr(6));
    else if (text.starts_with("= "))
      take_verdict(text.substr(2));
    else
      throw std::runtime_error("an unknown line");
  }

  void begin_side(std::string_view text) {
    end();
    if (text != "request" && text != "response") throw std::runtime_error("an unknown side");
    side_ = text == "request" ? Vector::Side::request : Vector::Side::response;
  }

  void begin(std::string_view name) {
    end();
    verdict_ = false;
    vector_.side = side_;
    vector_.place = file_ + ":" + std::to_string(number_);
    bool upper = true;
    for (const char c : name) {
      const bool letter =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (letter) vector_.name += upper && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = !letter;
    }
  }

  VectorAnswer& answer() {
    if (vector_.answers.empty()) throw std::runtime_error("no verdict that this belongs to");
    return vector_.answers.back();
  }

  void take_ending(std::string_view rest) {
    for (std::string_view one = word(rest); !one.empty(); one = word(rest)) {
      if (one == "close")
        vector_.closes = true;
      else if (one == "reset")
        vector_.resets = true;
      else if (one == "early")
        vector_.early = true;
      else if (one == "alone")
        vector_.alone = true;
      else
        throw std::runtime_error("an unknown ending: " + std::string(one));
    }
  }

  void take_verdict(std::string_view rest) {
    verdict_ = true;
    const std::string_view first = word(rest);
    if (first == "cut")
      vector_.cut = true;
    else if (first != "none")
      vector_.answers.emplace_back().status = static_cast<int>(number(first));
    for (std::string_view one = word(rest); !one.empty(); one = word(rest)) {
      if (one == "close")
        answer().close = true;
      else if (one == "as-sent")
        answer().as_sent = true;
      else if (one == "partly")
        vector_.partly = true;
      else if (one == "reuse")
        vector_.reuse = Vector::Reuse::yes;
      else if (one == "drop")
        vector_.reuse = Vector::Reuse::no;
      else
        throw std::runtime_error("an unknown verdict: " + std::string(one));
    }
  }

  std::string file_;
  VectorFiles& out_;
  Vector vector_;
  Vector::Side side_ = Vector::Side::request;
  bool verdict_ = false;
  unsigned number_ = 0;
};

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\')
      out += take_escape(text);
    else
      out += c;
  }
  return out;
}

std::string escape(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n\n";
    else if (c >= ' ' && c <= '~')
      out += c;
    else
      out.append("\\x")
          .append(1, "0123456789abcdef"[(c >> 4) & 15])
          .append(1, "0123456789abcdef"[c & 15]);
  }
  return out;
}

void PrintTo(const Vector& vector, std::ostream* out) {
  *out << vector.place << " (row " << vector.row << ", RFC " << vector.rfc << ")";
}

VectorFiles load_vectors(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  VectorFiles out;
  for (const auto& path : paths) {
    Reader reader(path.filename().string(), out);
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) reader.line(line);
    reader.end();
  }
  return out;
}

}  // namespace sluice::test
