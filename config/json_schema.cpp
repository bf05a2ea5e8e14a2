// The field table as a JSON Schema.
#include <algorithm>

#include "base/json_text.hpp"
#include "config/schema.hpp"

namespace sluice::config {
namespace {

// An ordered JSON object or array under construction.
class Json {
 public:
  static Json object() { return Json('{', '}'); }
  static Json array() { return Json('[', ']'); }
  Json& add(std::string_view key, std::string value) {
    return add(json_string(key) + ": " + std::move(value));
  }
  Json& add(std::string value) {
    text_ += (text_.empty() ? "" : ", ") + std::move(value);
    return *this;
  }
  std::string text() const { return open_ + text_ + close_; }

 private:
  Json(char open, char close) : open_(1, open), close_(1, close) {}
  std::string open_, text_, close_;
};

std::string value_schema(const Type& type, const FieldInfo* field);

// A choice of true and false is written without quotes, so that it reaches an editor as a boolean.
std::string word(const std::string& text) {
  return text == "true" || text == "false" ? text : json_string(text);
}

std::string words(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const auto& text : texts) out.add(word(text));
  return out.text();
}

// Any value may also be a text with a ${VAR} in it.
std::string or_variable(std::vector<std::string> schemas) {
  Json any = Json::array();
  for (auto& schema : schemas) any.add(std::move(schema));
  any.add(Json::object().add("$ref", json_string("#/$defs/variable")).text());
  return Json::object().add("anyOf", any.text()).text();
}

std::string patterned(std::string_view pattern) {
  return Json::object()
      .add("type", json_string("string"))
      .add("pattern", json_string(pattern))
      .text();
}

std::string whole_number(const Type& type) {
  return Json::object()
      .add("type", json_string("integer"))
      .add("minimum", type.min)
      .add("maximum", type.max)
      .text();
}

std::string integer_schema(const Type& type) {
  std::vector<std::string> any{whole_number(type)};
  if (!type.choices.empty()) any.push_back(Json::object().add("enum", words(type.choices)).text());
  return or_variable(std::move(any));
}

std::string scalar_schema(const Type& type) {
  switch (type.form) {
    case Form::integer:
      return integer_schema(type);
    case Form::boolean:
      return or_variable({R"({"type": "boolean"})"});
    case Form::choice:
      return or_variable({Json::object().add("enum", words(type.choices)).text()});
    case Form::duration:
      return or_variable({patterned("^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h))$")});
    case Form::ratio:
      return or_variable({R"({"type": "number", "minimum": 0, "maximum": 1})",
                          patterned("^[0-9]+(\\.[0-9]+)?%?$")});
    case Form::size:
      return or_variable(
          {R"({"type": "integer", "minimum": 0})", patterned("^[0-9]+(B|[KMGT]i?B)?$")});
    default:
      break;
  }
  if (!type.pattern.empty() && !type.min.empty())  // a number of that range may stand there too
    return or_variable({patterned(type.pattern), whole_number(type)});
  if (!type.pattern.empty()) return or_variable({patterned(type.pattern)});
  // 2 and true are texts where a text is expected, quoted or not.
  return R"({"type": ["string", "number", "boolean"]})";
}

std::string groups_schema(const std::vector<Group>& groups) {
  Json all = Json::array();
  for (const Group& group : groups) {
    Json one = Json::array();
    for (const auto& key : group.keys) {
      one.add(Json::object().add("required", words({key})).text());
    }
    if (!group.required) {
      Json any = Json::array();
      for (const auto& key : group.keys) {
        any.add(Json::object().add("required", words({key})).text());
      }
      one.add(Json::object().add("not", Json::object().add("anyOf", any.text()).text()).text());
    }
    all.add(Json::object().add("oneOf", one.text()).text());
  }
  return all.text();
}

void add_object(const Type& type, Json& out) {
  Json properties = Json::object();
  std::vector<std::string> required;
  for (const FieldInfo& field : type.fields) {
    properties.add(field.key, value_schema(*field.type, &field));
    if (field.required) required.push_back(field.key);
  }
  out.add("type", json_string("object")).add("properties", properties.text());
  if (!required.empty()) out.add("required", words(required));
  out.add("additionalProperties", "false");
  if (!type.groups.empty()) out.add("allOf", groups_schema(type.groups));
}

void add_container(const Type& type, Json& out) {
  const bool is_list = type.form == Form::list;
  out.add("type", json_string(is_list ? "array" : "object"));
  out.add(is_list ? "items" : "additionalProperties", value_schema(*type.element, nullptr));
  if (type.items_min) {
    out.add(is_list ? "minItems" : "minProperties", std::to_string(type.items_min));
  }
}

std::string value_schema(const Type& type, const FieldInfo* field) {
  Json out = Json::object();
  if (field) out.add("description", json_string(field->doc));
  if (field && !field->default_text.empty()) {
    out.add("$comment", json_string("default: " + field->default_text));
  }
  if (type.shorthand) {
    Json full = Json::object();
    add_object(type, full);
    out.add("anyOf",
            Json::array().add(value_schema(*type.shorthand, nullptr)).add(full.text()).text());
  } else if (type.form == Form::object) {
    add_object(type, out);
  } else if (type.form == Form::list || type.form == Form::map) {
    add_container(type, out);
  } else {
    out.add("allOf", Json::array().add(scalar_schema(type)).text());
  }
  return out.text();
}

// Two blanks a level. Strings are copied as they are.
std::string indented(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool inside = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"' && (i == 0 || json[i - 1] != '\\')) inside = !inside;
    const bool open = !inside && (c == '{' || c == '[');
    const bool close = !inside && (c == '}' || c == ']');
    if (close) out += '\n' + std::string(2 * --depth, ' ');
    out += c;
    if (open) out += '\n' + std::string(2 * ++depth, ' ');
    if (!inside && c == ',') {
      out += '\n' + std::string(2 * depth, ' ');
      ++i;  // the blank after it
    }
  }
  return out + '\n';
}

}  // namespace

std::string json_schema() {
  Json out = Json::object();
  out.add("$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
  out.add("title", json_string("Configuration of Sluice"));
  add_object(*configuration_codec().type, out);
  out.add("$defs", Json::object().add("variable", patterned("\\$\\{")).text());
  return indented(out.text());
}

}  // namespace sluice::config
