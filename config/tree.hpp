#pragma once
// YAML text as a tree of values that know their place. tree.cpp is the only file that knows the
// YAML library; what that library lets through silently (duplicate keys, `<<`, several documents,
// cyclic and exploding aliases, 010 as eight) is an error here.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"

namespace sluice::config {

// broken: a value whose error is already reported; whoever reads it says nothing more.
enum class Kind : std::uint8_t { null, broken, scalar, list, map };

struct Member;

// Shape: a scalar has text, a list items, a map members in the order of the file.
// Invariant: keys of a map differ; scalar text is UTF-8 with every ${VAR} already replaced.
struct Tree {
  Kind kind = Kind::null;
  std::string text;
  std::vector<Tree> items;
  std::vector<Member> members;
  Place place;

  const Member* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Tree value;
  Place place;  // of the key
};

// Same values, wherever they stand.
bool same(const Tree& a, const Tree& b);

Tree scalar_tree(std::string text);
Tree map_tree();
Tree list_tree(std::vector<Tree> items);

// The value of a variable, or nothing when it is unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kNodesMax = 100'000;  // aliases counted each time they are used
inline constexpr std::size_t kDepthMax = 32;

// `text` is UTF-8 without a byte order mark, the text of the report's source.
// Adds what is wrong to `report`; empty when there is no map to go on with (a syntax error, not a
// map, over a limit). A duplicate key or an unset variable is reported and the rest goes on, so
// that all errors come in one pass.
//
// Errors: none thrown, whatever the text.
std::optional<Tree> parse_tree(std::string_view text, const Environment& environment,
                               Report& report);

// "upstreams" + "blue" -> "upstreams.blue"
std::string join_path(std::string_view path, std::string_view key);

}  // namespace sluice::config
