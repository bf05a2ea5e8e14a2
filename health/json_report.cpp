#include "health/json_report.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include <boost/json/basic_parser_impl.hpp>

#include "health/printable.hpp"

namespace sluice::health {
namespace {

namespace json = boost::json;

// One token of a pointer as the key it stands for.
std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char next = token[i] == '~' && i + 1 < token.size() ? token[i + 1] : '\0';
    const bool escape = next == '0' || next == '1';
    out += !escape ? token[i] : (next == '0' ? '~' : '/');
    i += escape ? 1 : 0;
  }
  return out;
}

// Takes the parser's events; keeps only what a pointer names, and the keys of open objects.
class Handler {
 public:
  static constexpr std::size_t max_object_size = kReportBytesMax;
  static constexpr std::size_t max_array_size = kReportBytesMax;
  static constexpr std::size_t max_key_size = kReportBytesMax;
  static constexpr std::size_t max_string_size = kReportBytesMax;

  explicit Handler(const ReportPointers& pointers)
      : pointers_(pointers), values_(pointers.size()) {}

  ReportValues& values() noexcept { return values_; }
  const std::string& refusal() const noexcept { return refusal_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) { return open(ReportShape::object); }
  bool on_array_begin(json::error_code&) { return open(ReportShape::array); }
  bool on_object_end(std::size_t, json::error_code& error);
  bool on_array_end(std::size_t, json::error_code&) { return open_.pop_back(), true; }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    return key_text_.append(part.data(), part.size()), true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&);

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return gather(part);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    gather(part);
    return settle(std::move(text_));
  }
  bool on_number_part(json::string_view part, json::error_code&) { return gather(part); }
  bool on_int64(std::int64_t value, json::string_view part, json::error_code&) {
    return number(static_cast<double>(value), part);
  }
  bool on_uint64(std::uint64_t value, json::string_view part, json::error_code&) {
    return number(static_cast<double>(value), part);
  }
  bool on_double(double value, json::string_view part, json::error_code&) {
    return number(value, part);
  }
  bool on_bool(bool value, json::error_code&) { return gather({}), settle(value); }
  bool on_null(json::error_code&) { return gather({}), settle(nullptr); }

 private:
  using Node = ReportPointers::Node;

  struct Open {
    bool is_object;
    Node node;
    Node member = ReportPointers::kNowhere;  // of an object: where the value of its last key goes
    std::size_t elements = 0;                // of an array, so far
    std::size_t first_key = 0;               // of an object, in keys_
  };
  struct Key {
    std::size_t at, size;
  };

  Node next_node();
  ReportValue* value_at(Node node);
  bool open(ReportShape shape);
  bool gather(json::string_view part);
  bool settle(routing::JsonScalar scalar);
  bool number(double approximate, json::string_view part);
  std::string_view text_of(const Key& key) const {
    return std::string_view(key_text_).substr(key.at, key.size);
  }

  const ReportPointers& pointers_;
  ReportValues values_;
  std::vector<Open> open_;
  std::vector<Key> keys_;  // of all open objects
  std::string key_text_;   // theirs, one behind the other
  std::size_t key_begin_ = 0;
  bool gathering_ = false;  // within a string or number
  ReportValue* wanted_ = nullptr;
  std::string text_;
  std::string refusal_;
};

// The place of the value that begins here.
ReportPointers::Node Handler::next_node() {
  if (open_.empty()) return ReportPointers::kRoot;
  Open& around = open_.back();
  if (around.is_object) return around.member;
  if (around.node == ReportPointers::kNowhere) return around.node;
  char index[20];
  const auto end = std::to_chars(index, index + sizeof index, around.elements++).ptr;
  return pointers_.below(around.node, {index, end});
}

ReportValue* Handler::value_at(Node node) {
  const std::size_t value = pointers_.value_of(node);
  return value == ReportPointers::kNoValue ? nullptr : &values_[value];
}

bool Handler::open(ReportShape shape) {
  const Node node = next_node();
  if (ReportValue* const value = value_at(node)) value->shape = shape;
  open_.push_back(
      {.is_object = shape == ReportShape::object, .node = node, .first_key = keys_.size()});
  return true;
}

bool Handler::on_key(json::string_view part, std::size_t, json::error_code&) {
  key_text_.append(part.data(), part.size());
  keys_.push_back({key_begin_, key_text_.size() - key_begin_});
  open_.back().member = pointers_.below(open_.back().node, text_of(keys_.back()));
  key_begin_ = key_text_.size();
  return true;
}

// Sorting looks for equals without a hash that a hostile report could aim at.
bool Handler::on_object_end(std::size_t, json::error_code& error) {
  const std::size_t first = open_.back().first_key;
  const auto keys = std::span(keys_).subspan(first);
  const std::size_t begin = keys.empty() ? key_text_.size() : keys.front().at;
  std::ranges::sort(keys, {}, [&](const Key& key) { return text_of(key); });
  const auto twice =
      std::ranges::adjacent_find(keys, {}, [&](const Key& key) { return text_of(key); });
  if (twice != keys.end()) {
    refusal_ = "the report has the key " + in_quotes(text_of(*twice)) + " twice";
    error = json::error::exception;
    return false;
  }
  keys_.resize(first);
  key_text_.resize(begin);
  key_begin_ = begin;
  open_.pop_back();
  return true;
}

bool Handler::gather(json::string_view part) {
  if (!gathering_) {
    gathering_ = true;
    text_.clear();
    wanted_ = value_at(next_node());
  }
  if (wanted_ != nullptr) text_.append(part.data(), part.size());
  return true;
}

bool Handler::settle(routing::JsonScalar scalar) {
  gathering_ = false;
  if (wanted_ != nullptr) *wanted_ = {ReportShape::scalar, std::move(scalar)};
  return true;
}

// The parser's own number may be off in the last place, and is no number for 0e999; from_chars is
// exact. What no double can hold stays what the parser made of it: infinite, or zero.
bool Handler::number(double approximate, json::string_view part) {
  gather(part);
  double exact = std::isnan(approximate) ? 0 : approximate;
  std::from_chars(text_.data(), text_.data() + text_.size(), exact);
  return settle(exact);
}

// Which of these the parser says of one text depends on where the text is cut.
bool is_bad_escape(const json::error_code& error) {
  return error == json::error::expected_hex_digit ||
         error == json::error::illegal_leading_surrogate ||
         error == json::error::illegal_trailing_surrogate;
}

std::string explain(const json::error_code& error, const std::string& refusal) {
  if (!refusal.empty()) return refusal;
  if (error == json::error::too_deep)
    return "the report is nested deeper than " + std::to_string(kReportDepthMax);
  if (error == json::error::extra_data) return "the report is not JSON: something follows its end";
  if (error == json::error::incomplete) return "the report is not JSON: it ends too early";
  if (is_bad_escape(error)) return "the report is not JSON: a bad escape in a text";
  return "the report is not JSON: " + error.message();
}

}  // namespace

std::size_t ReportPointers::add(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return count_++;
  Node node = kRoot;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string token = unescaped(pointer.substr(0, end));
    pointer.remove_prefix(end);
    Node next = below(node, token);
    if (next == kNowhere) {
      next = static_cast<Node>(nodes_.size());
      nodes_[node].steps.push_back({token, next});
      nodes_.emplace_back();
    }
    node = next;
  }
  if (nodes_[node].value == kNoValue) nodes_[node].value = count_++;
  return nodes_[node].value;
}

ReportPointers::Node ReportPointers::below(Node node, std::string_view token) const noexcept {
  if (node == kNowhere) return kNowhere;
  const auto& steps = nodes_[node].steps;
  const auto found = std::ranges::find(steps, token, &Step::token);
  return found == steps.end() ? kNowhere : found->node;
}

class ReportReader::Parser {
 public:
  explicit Parser(const ReportPointers& pointers) : parser_(options(), pointers) {}

  bool write(std::string_view piece, bool more) {
    if (!refusal_.empty()) return false;
    size_ += piece.size();
    if (size_ > kReportBytesMax) {
      refusal_ = "the report is larger than 64 KiB";
      return false;
    }
    json::error_code error;
    const std::size_t used = parser_.write_some(more, piece.data(), piece.size(), error);
    if (!error && used < piece.size()) error = json::error::extra_data;
    if (error) refusal_ = explain(error, parser_.handler().refusal());
    return !error;
  }

  Result<ReportValues, std::string> finish() {
    if (!write({}, false)) return Failure{refusal_};
    return std::move(parser_.handler().values());
  }

 private:
  static json::parse_options options() {
    json::parse_options options;
    options.max_depth = kReportDepthMax;
    return options;
  }

  json::basic_parser<Handler> parser_;
  std::size_t size_ = 0;
  std::string refusal_;
};

ReportReader::ReportReader(const ReportPointers& pointers)
    : parser_(std::make_unique<Parser>(pointers)) {}

ReportReader::~ReportReader() = default;

bool ReportReader::write(std::string_view piece) {
  return parser_->write(piece, true);
}

Result<ReportValues, std::string> ReportReader::finish() {
  return parser_->finish();
}

Result<ReportValues, std::string> read_report(const ReportPointers& pointers,
                                              std::string_view text) {
  ReportReader reader(pointers);
  reader.write(text);
  return reader.finish();
}

}  // namespace sluice::health
