#include "config/schema.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/render.hpp"

namespace sluice::config {
namespace {

namespace json = boost::json;

std::string read_source(const std::string& path) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Calls visit(path, field) for every row of the table.
template <class Visit>
void for_each_field(const Type& type, const std::string& path, const Visit& visit) {
  for (const FieldInfo& field : type.fields) {
    const std::string here = join_path(path, field.key);
    visit(here, field);
    const Type* below = field.type.get();
    while (below->element) below = below->element.get();
    for_each_field(*below, here, visit);
  }
}

// The schema's object for the values of `schema`: through lists, maps and shorthands.
const json::object& object_of(const json::object& schema) {
  if (schema.contains("items")) return object_of(schema.at("items").as_object());
  if (const auto* more = schema.if_contains("additionalProperties"); more && more->is_object()) {
    return object_of(more->as_object());
  }
  if (const auto* any = schema.if_contains("anyOf"))
    return object_of(any->as_array().back().as_object());
  return schema;
}

void expect_listed(const Type& type, const json::object& schema, const std::string& path) {
  const Type* below = &type;
  while (below->element) below = below->element.get();
  if (below->form != Form::object) return;
  const auto& object = object_of(schema);
  EXPECT_EQ(object.at("additionalProperties"), json::value(false)) << path;
  const auto& properties = object.at("properties").as_object();
  EXPECT_EQ(properties.size(), below->fields.size()) << path;
  for (const FieldInfo& field : below->fields) {
    ASSERT_TRUE(properties.contains(field.key)) << path << "." << field.key;
    const auto& property = properties.at(field.key).as_object();
    EXPECT_EQ(property.at("description").as_string(), field.doc);
    expect_listed(*field.type, property, join_path(path, field.key));
  }
}

TEST(Schema, IsValidJsonAndListsEveryField) {
  json::error_code error;
  const auto schema = json::parse(json_schema(), error);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(schema.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
  expect_listed(*configuration_codec().type, schema.as_object(), {});
}

TEST(Schema, EveryFieldHasADocSentence) {
  for_each_field(*configuration_codec().type, {}, [](const std::string& path, const FieldInfo& it) {
    EXPECT_TRUE(it.doc.ends_with('.')) << path;
    EXPECT_EQ(it.doc.find('|'), std::string::npos) << path << ": would break the table";
  });
}

TEST(Schema, KeysAreNotBothServedAndForLater) {
  const auto visit = [](const std::string& path, const FieldInfo& it) {
    for (const auto& later : it.type->later) {
      for (const auto& field : it.type->fields) EXPECT_NE(field.key, later) << path;
    }
  };
  for_each_field(*configuration_codec().type, {}, visit);
}

TEST(Reference, InTheTreeIsTheGeneratedOne) {
  EXPECT_EQ(read_source("docs/CONFIG.md"), reference_markdown())
      << "stale: build/dev/sluice schema --markdown > docs/CONFIG.md";
}

TEST(Reference, ShowsAnExampleThatLoads) {
  const auto text = reference_markdown();
  const auto start = text.find("```yaml\n") + 8;
  const auto loaded = load_text(text.substr(start, text.find("```\n", start) - start), "x.yaml");
  EXPECT_TRUE(loaded.ok()) << format_text(loaded.error());
}

TEST(Examples, LoadAndRenderToThemselves) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SLUICE_SOURCE_DIR) + "/deploy/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    const auto loaded = load_file(entry.path().string(),
                                  [](const std::string&) { return std::optional<std::string>(); });
    ASSERT_TRUE(loaded.ok()) << format_text(loaded.error());
    for (const auto detail : {Detail::everything, Detail::changes}) {
      const auto again = load_text(render(*loaded, detail), entry.path().string());
      ASSERT_TRUE(again.ok()) << format_text(again.error());
      EXPECT_EQ(*again, *loaded) << entry.path();
    }
  }
  EXPECT_GE(count, 4U);
}

}  // namespace
}  // namespace sluice::config
