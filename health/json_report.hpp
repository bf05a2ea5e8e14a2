#pragma once
// Finds single values in a JSON text, such as an endpoint's report of its own health. The text is
// read as it comes, in pieces of any size; no tree of it is ever built.
//
// Thread: any; a reader is not shared.   Path: cold.
// Errors: a sentence. A text is refused as a whole: not JSON (RFC 8259, UTF-8), something behind
//         its end, larger than 64 KiB, nested deeper than 32, or an object with one key twice, of
//         which another reader might take the other value. Nothing is found in a refused text.
// Source: RFC 6901 (JSON Pointer).
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "routing/spec.hpp"

namespace sluice::health {

inline constexpr std::size_t kReportBytesMax = 64 * 1024;
inline constexpr std::size_t kReportDepthMax = 32;

// The pointers of interest, as a tree of their tokens. Immutable once built, then shared.
class ReportPointers {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNowhere = ~Node{0};
  static constexpr std::size_t kNoValue = ~std::size_t{0};

  // The place of its value in what a reader finds; the same for the same pointer. What is no
  // pointer (RFC 6901 section 3) is never found.
  std::size_t add(std::string_view pointer);
  std::size_t size() const noexcept { return count_; }

  // The node of a member or element below `node`, which may be nowhere.
  Node below(Node node, std::string_view token) const noexcept;
  std::size_t value_of(Node node) const noexcept {
    return node == kNowhere ? kNoValue : nodes_[node].value;
  }

 private:
  struct Step {
    std::string token;
    Node node;
  };
  struct Place {
    std::size_t value = kNoValue;
    std::vector<Step> steps;
  };
  std::vector<Place> nodes_{1};
  std::size_t count_ = 0;
};

enum class ReportShape : std::uint8_t { absent, scalar, object, array };

struct ReportValue {
  ReportShape shape = ReportShape::absent;
  routing::JsonScalar scalar;  // numbers are the nearest double; beyond all doubles, infinite
  friend bool operator==(const ReportValue&, const ReportValue&) = default;
};

// In the order of ReportPointers::add().
using ReportValues = std::vector<ReportValue>;

class ReportReader {
 public:
  // `pointers` outlive the reader.
  explicit ReportReader(const ReportPointers& pointers);
  ~ReportReader();
  ReportReader(const ReportReader&) = delete;
  ReportReader& operator=(const ReportReader&) = delete;

  // False: refused; the rest need not be written.
  bool write(std::string_view piece);
  // To be called once, after the last piece.
  Result<ReportValues, std::string> finish();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

Result<ReportValues, std::string> read_report(const ReportPointers& pointers,
                                              std::string_view text);

}  // namespace sluice::health
