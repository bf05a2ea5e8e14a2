#pragma once
// What may be written at a place of the configuration, as a value: the validator's keys, the JSON
// Schema and docs/CONFIG.md are all read off this one description.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::config {

enum class Form : std::uint8_t {
  text,
  integer,
  choice,
  boolean,
  duration,
  size,
  ratio,
  list,
  map,
  object
};

struct Type;

struct FieldInfo {
  std::string key = {};
  std::string doc = {};  // sentences
  std::string example = {};
  std::string default_text = {};  // as YAML; empty: none
  bool required = false;
  std::shared_ptr<const Type> type = {};
};

// Exactly one of these keys (at most one, when not required).
struct Group {
  std::vector<std::string> keys = {};
  bool required = true;
};

struct Type {
  Form form = Form::text;
  std::string summary = {};  // "an address, HOST:PORT"; used in messages and in the reference
  std::string pattern = {};  // of a text, ECMA regular expression; empty: any
  // Of a number, duration or size, as written; of a text, that of the numbers among them.
  std::string min = {}, max = {};
  std::vector<std::string> choices = {};       // of a choice; of an integer: words allowed instead
  std::shared_ptr<const Type> element = {};    // of a list or map
  std::shared_ptr<const Type> shorthand = {};  // of an object: a scalar allowed instead
  std::size_t items_min = 0;                   // of a list or map
  std::vector<FieldInfo> fields = {};          // of an object, in the order of the reference
  std::vector<Group> groups = {};
  std::vector<std::string> later = {};  // keys of the contract that this version does not serve yet
};

}  // namespace sluice::config
