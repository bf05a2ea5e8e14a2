#include "config/tree.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/utf8.hpp"
#include "config/variables.hpp"

namespace sluice::config {
namespace {

Place place_of(const YAML::Mark& mark) {
  if (mark.line < 0) return {};
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1),
          1};
}

// How many bytes of its first line a scalar takes: to its closing quote, or as long as its text.
std::uint32_t token_length(std::string_view rest, std::string_view value) {
  const auto first = rest.empty() ? '\0' : rest.front();
  std::size_t length = std::min(value.size(), rest.size());
  if (first == '"' || first == '\'') {
    auto close = rest.find(first, 1);
    while (first == '"' && close != std::string_view::npos && rest[close - 1] == '\\') {
      close = rest.find(first, close + 1);
    }
    length = close == std::string_view::npos ? rest.size() : close + 1;
  } else if (rest.substr(0, length) != value) {
    length = 1;  // a block scalar, an alias, a line that goes on below
  }
  return static_cast<std::uint32_t>(std::max<std::size_t>(1, length));
}

// Copies YAML nodes into a Tree. yaml-cpp shares the nodes behind aliases, so that a cycle or a
// "billion laughs" file is small there and endless here: every visit is counted.
class Walk {
 public:
  Walk(const Environment& environment, Report& report)
      : environment_(environment), report_(report) {}

  Tree tree(const YAML::Node& node, const std::string& path, std::size_t depth);
  bool gave_up() const noexcept { return gave_up_; }

 private:
  void scalar(const YAML::Node& node, const std::string& path, Tree& out);
  void list(const YAML::Node& node, const std::string& path, std::size_t depth, Tree& out);
  void map(const YAML::Node& node, const std::string& path, std::size_t depth, Tree& out);
  bool check_key(const YAML::Node& key, const Place& place, const std::string& path);
  void check_tag(const YAML::Node& node, const std::string& path);
  void give_up(const Place& place, const std::string& path, std::string message);
  Place scalar_place(const YAML::Node& node) const;

  const Environment& environment_;
  Report& report_;
  std::size_t nodes_ = 0;
  bool gave_up_ = false;
};

Place Walk::scalar_place(const YAML::Node& node) const {
  Place place = place_of(node.Mark());
  const auto line = report_.source().line(place.line);
  if (place.line && place.column <= line.size()) {
    place.length = token_length(line.substr(place.column - 1), node.Scalar());
  }
  return place;
}

void Walk::give_up(const Place& place, const std::string& path, std::string message) {
  if (!gave_up_) report_.add(place, path, std::move(message));
  gave_up_ = true;
}

// "?" and "!" only tell plain from quoted text.
void Walk::check_tag(const YAML::Node& node, const std::string& path) {
  const std::string& tag = node.Tag();
  if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
  report_.add(place_of(node.Mark()), path, "tag '" + tag + "' has no meaning here");
}

Tree Walk::tree(const YAML::Node& node, const std::string& path, std::size_t depth) {
  Tree out;
  out.place = place_of(node.Mark());
  if (gave_up_) return out;
  if (++nodes_ > kNodesMax) {
    give_up(out.place, path,
            "more than " + std::to_string(kNodesMax) + " values once aliases are followed");
    return out;
  }
  if (depth > kDepthMax) {
    give_up(out.place, path,
            "nested more than " + std::to_string(kDepthMax) + " deep, or an alias of itself");
    return out;
  }
  check_tag(node, path);
  if (node.IsScalar()) scalar(node, path, out);
  if (node.IsSequence()) list(node, path, depth, out);
  if (node.IsMap()) map(node, path, depth, out);
  return out;
}

void Walk::scalar(const YAML::Node& node, const std::string& path, Tree& out) {
  out.kind = Kind::scalar;
  out.place = scalar_place(node);
  auto expanded = expand_variables(node.Scalar(), environment_);
  if (!expanded) {
    report_.add(out.place, path, expanded.error());
    out.kind = Kind::broken;
    return;
  }
  out.text = std::move(expanded).value();
}

void Walk::list(const YAML::Node& node, const std::string& path, std::size_t depth, Tree& out) {
  out.kind = Kind::list;
  for (const auto& item : node) {
    const auto index = std::to_string(out.items.size());
    out.items.push_back(tree(item, path + "[" + index + "]", depth + 1));
    if (out.items.back().kind == Kind::null) out.items.back().place = out.place;
    if (gave_up_) return;
  }
}

bool Walk::check_key(const YAML::Node& key, const Place& place, const std::string& path) {
  if (!key.IsScalar()) {
    report_.add(place, path, "a key must be text: quote it");
    return false;
  }
  if (key.Scalar() == "<<" && key.Tag() != "!") {
    report_.add(place, path,
                "merge keys ('<<') are not supported: repeat the keys, or share a whole value "
                "with an anchor and an alias");
    return false;
  }
  return true;
}

void Walk::map(const YAML::Node& node, const std::string& path, std::size_t depth, Tree& out) {
  out.kind = Kind::map;
  std::unordered_map<std::string, std::uint32_t> lines;
  for (const auto& entry : node) {
    const Place place =
        entry.first.IsScalar() ? scalar_place(entry.first) : place_of(entry.first.Mark());
    if (!check_key(entry.first, place, path)) continue;
    const std::string& key = entry.first.Scalar();
    const auto [known, is_new] = lines.emplace(key, place.line);
    if (!is_new) {
      report_.add(place, join_path(path, key),
                  "duplicate key '" + key + "': already given on line " +
                      std::to_string(known->second) + ", again on line " +
                      std::to_string(place.line));
      continue;
    }
    Tree value = tree(entry.second, join_path(path, key), depth + 1);
    // The library marks an absent value where the next token stands, which may be another line.
    if (value.kind == Kind::null) value.place = place;
    out.members.push_back({key, std::move(value), place});
    if (gave_up_) return;
  }
}

// The first line, at or before `last`, that a tab indents; 0 when there is none.
std::uint32_t find_tab_indent(const SourceText& source, std::uint32_t last) {
  for (std::uint32_t number = last; number > 0 && number + 2 > last; --number) {
    const auto line = source.line(number);
    const auto text = line.find_first_not_of(" \t");
    if (line.substr(0, text).find('\t') != std::string_view::npos) return number;
  }
  return 0;
}

struct Explanation {
  std::string_view library;  // how the library's message begins
  std::string_view human;
};

constexpr std::array kExplanations{
    Explanation{"bad file", "nested too deep"},
    Explanation{"illegal map value",
                "a ':' where no key can be: quote the value, or check the indentation"},
    Explanation{"end of map flow not found", "'{' is not closed by '}'"},
    Explanation{"end of sequence flow not found", "'[' is not closed by ']'"},
    Explanation{"end of map not found",
                "the map ends here unexpectedly: check the indentation against its neighbours"},
    Explanation{"end of sequence not found",
                "the list ends here unexpectedly: check the indentation against its neighbours"},
    Explanation{"illegal EOF in scalar", "a quote is not closed before the end of the file"},
    Explanation{"the referenced anchor is not defined", "no anchor of that name comes before"},
    Explanation{"unknown token", "a character that cannot begin a value: quote the value"},
};

std::string explain(const std::string& message, std::string_view line) {
  // In { } and [ ] the braces of a variable end the plain text around them.
  if (message.find("flow") != std::string::npos && line.find("${") != std::string_view::npos) {
    return "inside { } and [ ] a variable needs quotes: \"${NAME}\"";
  }
  for (const auto& [library, human] : kExplanations) {
    if (message.starts_with(library)) return std::string(human);
  }
  return "not YAML: " + message;
}

void report_syntax(const YAML::Exception& error, Report& report) {
  Place place = place_of(error.mark);
  if (const auto line = find_tab_indent(report.source(), place.line)) {
    const auto tab = report.source().line(line).find('\t');
    report.add({line, static_cast<std::uint32_t>(tab + 1), 1}, {},
               "a tab cannot indent YAML: use blanks");
    return;
  }
  if (place.line == 0) place = {1, 1, 1};
  report.add(place, {}, explain(error.msg, report.source().line(place.line)));
}

// Looks through the events of a text before any node is built. The library's LoadAll() does not end
// on some malformed texts: there it finds one more empty document after the last, for ever.
class Survey final : public YAML::EventHandler {
 public:
  std::size_t documents = 0;
  YAML::Mark second;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents == 2) second = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    count(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    count(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    count(mark);
  }
  void OnMapEnd() override {}

 private:
  void count(const YAML::Mark& mark) {
    if (++values_ > 2 * kNodesMax) throw YAML::ParserException(mark, "too many values");
  }
  std::size_t values_ = 0;
};

// The only document of the text, or a null node once something is reported.
YAML::Node load_document(const std::string& text, Report& report) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Survey survey;
    while (survey.documents < 2 && parser.HandleNextDocument(survey)) {
    }
    if (survey.documents < 2) return YAML::Load(text);
    const Place place = place_of(survey.second);
    const bool marked = report.source().line(place.line).starts_with("---");
    report.add(place, {},
               marked ? "a second document begins here; a configuration is one document"
                      : "the map that is the file ends before this: a stray ',', ']' or '}'");
  } catch (const YAML::Exception& error) {
    report_syntax(error, report);
  } catch (const std::exception& error) {
    report.add(Place{}, {}, std::string("not YAML: ") + error.what());
  }
  return {};
}

bool check_document(const YAML::Node& document, Report& report) {
  if (!report.empty()) return false;
  if (document.IsNull()) {
    report.add(Place{}, {}, "the file is empty");
    return false;
  }
  if (!document.IsMap()) {
    report.add(place_of(document.Mark()), {},
               "the top of the file must be a map, such as 'version: 1'");
    return false;
  }
  return true;
}

}  // namespace

std::string join_path(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!out.empty()) out += '.';
  return out += key;
}

const Member* Tree::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &*found;
}

bool same(const Tree& a, const Tree& b) {
  return a.kind == b.kind && a.text == b.text && std::ranges::equal(a.items, b.items, same) &&
         std::ranges::equal(a.members, b.members, [](const Member& x, const Member& y) {
           return x.key == y.key && same(x.value, y.value);
         });
}

Tree scalar_tree(std::string text) {
  Tree out;
  out.kind = Kind::scalar;
  out.text = std::move(text);
  return out;
}

Tree map_tree() {
  Tree out;
  out.kind = Kind::map;
  return out;
}

Tree list_tree(std::vector<Tree> items) {
  Tree out;
  out.kind = Kind::list;
  out.items = std::move(items);
  return out;
}

std::optional<Tree> parse_tree(std::string_view text, const Environment& environment,
                               Report& report) {
  const YAML::Node document = load_document(std::string(text), report);
  if (!check_document(document, report)) return std::nullopt;
  Walk walk(environment, report);
  Tree tree = walk.tree(document, {}, 0);
  if (walk.gave_up()) return std::nullopt;
  return tree;
}

}  // namespace sluice::config
