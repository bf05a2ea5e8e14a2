#include "config/render.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "config/schema.hpp"
#include "config/variables.hpp"

namespace sluice::config {
namespace {

// Text that no YAML reader takes for anything but itself. Deliberately narrow: quoting too much
// costs two characters, quoting too little changes a value.
bool is_plain(std::string_view text) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.';
  };
  if (text.empty() || !word(text.front())) return false;
  if (text == "null" || text == "Null" || text == "NULL") return false;
  return std::ranges::all_of(text, [&](char c) { return word(c) || c == '-' || c == '%'; });
}

// A JSON string is also a YAML double-quoted one.
std::string scalar_text(std::string_view text) {
  return is_plain(text) ? std::string(text) : json_string(escape_variables(text));
}

std::string key_text(std::string_view key) {
  return is_plain(key) ? std::string(key) : json_string(key);
}

bool on_one_line(const Tree& tree) {
  if (tree.kind == Kind::list) {
    return std::ranges::all_of(tree.items, [](const Tree& it) { return it.kind == Kind::scalar; });
  }
  return tree.kind != Kind::map || tree.members.empty();
}

void append_block(const Tree& tree, const std::string& indent, std::string& out);

void append_members(const Tree& tree, const std::string& indent, std::string& out) {
  bool first = true;
  for (const Member& member : tree.members) {
    out += (first ? "" : indent) + key_text(member.key) + ":";
    first = false;
    if (on_one_line(member.value)) {
      out += " " + render_inline(member.value) + "\n";
    } else {
      out += "\n" + indent + "  ";
      append_block(member.value, indent + "  ", out);
    }
  }
}

// The caller has written the indent of the first line.
void append_block(const Tree& tree, const std::string& indent, std::string& out) {
  if (on_one_line(tree)) {
    out += render_inline(tree) + "\n";
  } else if (tree.kind == Kind::map) {
    append_members(tree, indent, out);
  } else {
    for (std::size_t i = 0; i < tree.items.size(); ++i) {
      out += (i ? indent : "") + "- ";
      append_block(tree.items[i], indent + "  ", out);
    }
  }
}

}  // namespace

std::string render_inline(const Tree& tree) {
  if (tree.kind == Kind::scalar) return scalar_text(tree.text);
  std::string out;
  if (tree.kind == Kind::list) {
    for (const Tree& item : tree.items) out += (out.empty() ? "" : ", ") + render_inline(item);
    return "[" + out + "]";
  }
  for (const Member& member : tree.members) {
    out += (out.empty() ? "" : ", ") + key_text(member.key) + ": " + render_inline(member.value);
  }
  return out.empty() ? "{}" : "{ " + out + " }";
}

std::string render_block(const Tree& tree) {
  std::string out;
  append_block(tree, {}, out);
  return out;
}

std::string render(const Configuration& configuration, Detail detail) {
  return render_block(configuration_codec().render(configuration, detail));
}

}  // namespace sluice::config
