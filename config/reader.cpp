#include "config/reader.hpp"

#include <algorithm>

#include "base/suggest.hpp"

namespace sluice::config {
namespace {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
    case Kind::scalar:
      return "a plain value";
    case Kind::broken:
      break;
  }
  return "an unreadable value";
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i) out += i + 1 == words.size() ? " or " : ", ";
    out += "'" + words[i] + "'";
  }
  return out;
}

std::string in_path(const std::string& path) {
  return path.empty() ? " at the top of the file" : " in " + path;
}

}  // namespace

void Reader::error(const Place& place, const std::string& what, std::string suggestion) {
  const std::string prefix = path_.empty() ? "" : path_ + ": ";
  report_.add(place, path_, prefix + what, std::move(suggestion));
}

void Reader::key_error(const Place& place, std::string_view key, std::string message,
                       std::string suggestion) {
  report_.add(place, join_path(path_, key), std::move(message), std::move(suggestion));
}

bool Reader::expect(const Tree& tree, Kind kind, const Type& type) {
  if (tree.kind == kind) return true;
  if (tree.kind == Kind::broken) return false;
  std::string what = "expected " + type.summary + ", found " + std::string(kind_name(tree.kind));
  if (tree.kind == Kind::null) {
    what = "has no value; expected " + type.summary;
  } else if (kind == Kind::list && tree.kind == Kind::scalar) {
    what += "; write [" + tree.text + "]";
  }
  error(tree.place, what);
  return false;
}

void Reader::check_keys(const Tree& tree, const Type& type) {
  std::vector<std::string> known;
  std::vector<std::string> meant;  // one slip is one error, not an unknown and a missing key
  for (const FieldInfo& field : type.fields) known.push_back(field.key);
  for (const Member& member : tree.members) {
    if (std::ranges::find(known, member.key) != known.end()) continue;
    if (std::ranges::find(type.later, member.key) != type.later.end()) {
      key_error(member.place, member.key, "'" + member.key + "' is not available in this version");
      continue;
    }
    meant.push_back(suggest(member.key, known));
    key_error(member.place, member.key, "unknown key '" + member.key + "'" + in_path(path_),
              meant.back());
  }
  for (const FieldInfo& field : type.fields) {
    if (!field.required || tree.find(field.key)) continue;
    if (std::ranges::find(meant, field.key) != meant.end()) continue;
    key_error(tree.place, field.key,
              "'" + field.key + "' is missing" + in_path(path_) +
                  (field.example.empty() || field.example.find('\n') != std::string::npos
                       ? ""
                       : "; for example " + field.key + ": " + field.example));
  }
  check_groups(tree, type, meant);
}

void Reader::check_groups(const Tree& tree, const Type& type,
                          const std::vector<std::string>& meant) {
  // A key that is not available yet may have been meant to be the one.
  const bool later =
      std::ranges::any_of(type.later, [&](const auto& key) { return tree.find(key); });
  for (const Group& group : type.groups) {
    const Member* first = nullptr;
    for (const Member& member : tree.members) {
      if (std::ranges::find(group.keys, member.key) == group.keys.end()) continue;
      if (first) {
        key_error(
            member.place, member.key,
            "'" + member.key + "' and '" + first->key + "' exclude each other" + in_path(path_));
      } else {
        first = &member;
      }
    }
    const bool told = later || std::ranges::any_of(meant, [&](const auto& key) {
                        return std::ranges::find(group.keys, key) != group.keys.end();
                      });
    if (!first && group.required && !told)
      error(tree.place, "one of " + listed(group.keys) + " is needed");
  }
}

void Reader::refer_upstream(std::string name, const Place& place) {
  references_.push_back({std::move(name), path_, place});
}

void Reader::check_references(const std::vector<std::string>& upstreams) {
  for (const Reference& it : references_) {
    if (std::ranges::find(upstreams, it.name) != upstreams.end()) continue;
    report_.add(it.place, it.path, it.path + ": no upstream is named '" + it.name + "'",
                suggest(it.name, upstreams));
  }
}

void Reader::claim(const std::string& what, const std::string& name, const Place& place) {
  const auto [known, is_new] = claims_.try_emplace({what, name}, place);
  if (is_new) return;
  const auto line = known->second.line;
  error(place, what + " '" + name + "' is already used" +
                   (line ? " on line " + std::to_string(line) : std::string()));
}

}  // namespace sluice::config
