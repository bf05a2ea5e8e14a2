#pragma once
// A row of the field table, and objects made of rows. A field of the configuration is exactly one
// row: key, member, codec (type and range), doc sentence; its default is what the spec's own
// default member initialiser says. Validator, defaults, rendering, JSON Schema and docs/CONFIG.md
// follow from the row.
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/codec.hpp"
#include "config/render.hpp"

namespace sluice::config {

// The less usual parts of a row.
struct More {
  bool required = false;
  std::string example = {};
  std::string shown_default = {};  // in the reference, where the member's default does not say it
};

template <class T>
struct Field {
  FieldInfo info;
  std::function<void(const Tree&, Reader&, T&)> read;
  std::function<std::optional<Tree>(const T&, Detail)> render;  // nothing: leave the key out
};

namespace detail {

inline bool is_blank(const Tree& tree) {
  return (tree.kind == Kind::map && tree.members.empty()) ||
         (tree.kind == Kind::scalar && tree.text.empty());
}

template <class T>
Field<T> finish(Field<T> field, More more) {
  field.info.required = more.required;
  field.info.example = std::move(more.example);
  field.info.default_text = std::move(more.shown_default);
  if (field.info.required || !field.info.default_text.empty()) return field;
  const auto value = field.render(T{}, Detail::everything);
  if (value && field.info.type->form != Form::object)
    field.info.default_text = render_inline(*value);
  return field;
}

}  // namespace detail

// A row for a member. An empty text means "not written".
template <class T, class M>
Field<T> row(std::string key, M T::*member, Codec<M> codec, std::string doc, More more = {}) {
  Field<T> field{
      {.key = std::move(key), .doc = std::move(doc), .type = codec.type},
      [=](const Tree& tree, Reader& reader, T& out) { codec.read(tree, reader, out.*member); },
      [=](const T& value, Detail detail) -> std::optional<Tree> {
        Tree tree = codec.render(value.*member, detail);
        return detail::is_blank(tree) ? std::nullopt : std::optional(std::move(tree));
      }};
  return detail::finish(std::move(field), std::move(more));
}

template <class T, class M>
Field<T> row(std::string key, std::optional<M> T::*member, Codec<M> codec, std::string doc,
             More more = {}) {
  Field<T> field{{.key = std::move(key), .doc = std::move(doc), .type = codec.type},
                 [=](const Tree& tree, Reader& reader, T& out) {
                   codec.read(tree, reader, (out.*member).emplace());
                 },
                 [=](const T& value, Detail detail) -> std::optional<Tree> {
                   if (!(value.*member)) return std::nullopt;
                   return codec.render(*(value.*member), detail);
                 }};
  return detail::finish(std::move(field), std::move(more));
}

// A row that fills the object around it: a map of its own in the file, not in the spec.
template <class T>
Field<T> inner(std::string key, Codec<T> codec, std::string doc, More more = {}) {
  Field<T> field{{.key = std::move(key), .doc = std::move(doc), .type = codec.type},
                 codec.read,
                 [=](const T& value, Detail detail) -> std::optional<Tree> {
                   Tree tree = codec.render(value, detail);
                   return detail::is_blank(tree) ? std::nullopt : std::optional(std::move(tree));
                 }};
  return detail::finish(std::move(field), std::move(more));
}

// A row with its own way in and out: `get` gives the member's value, or nothing when the key does
// not apply; `put` stores it.
template <class T, class M>
Field<T> row_with(std::string key, Codec<M> codec, std::function<std::optional<M>(const T&)> get,
                  std::function<void(T&, M)> put, std::string doc, More more = {}) {
  Field<T> field{{.key = std::move(key), .doc = std::move(doc), .type = codec.type},
                 [=](const Tree& tree, Reader& reader, T& out) {
                   M value = get(out).value_or(M{});
                   codec.read(tree, reader, value);
                   put(out, std::move(value));
                 },
                 [=](const T& value, Detail detail) -> std::optional<Tree> {
                   auto member = get(value);
                   if (!member) return std::nullopt;
                   return codec.render(*member, detail);
                 }};
  return detail::finish(std::move(field), std::move(more));
}

template <class T>
struct ObjectSpec {
  std::vector<Field<T>> fields = {};
  std::vector<Group> groups = {};
  std::vector<std::string> later = {};  // keys of the contract that this version does not serve
  // Rules over several fields, run after them.
  std::function<void(const Tree&, Reader&, T&)> check = nullptr;
};

inline bool must_be_written(const Type& type, const FieldInfo& field) {
  return field.required || std::ranges::any_of(type.groups, [&](const Group& group) {
           return group.required && std::ranges::find(group.keys, field.key) != group.keys.end();
         });
}

template <class T>
std::shared_ptr<const Type> describe(const ObjectSpec<T>& spec) {
  Type type{.form = Form::object, .summary = "a map", .groups = spec.groups, .later = spec.later};
  for (const Field<T>& field : spec.fields) {
    type.fields.push_back(field.info);
    // Where one of a group must be written, none has a default.
    if (must_be_written(type, field.info)) type.fields.back().default_text.clear();
  }
  return std::make_shared<const Type>(std::move(type));
}

template <class T>
Codec<T> object(ObjectSpec<T> spec) {
  auto type = describe(spec);
  auto shared = std::make_shared<const ObjectSpec<T>>(std::move(spec));
  return {type,
          [type, shared](const Tree& tree, Reader& reader, T& out) {
            if (!reader.expect(tree, Kind::map, *type)) return;
            reader.check_keys(tree, *type);
            for (const Field<T>& field : shared->fields) {
              const Member* member = tree.find(field.info.key);
              if (!member) continue;
              const auto step = reader.enter(field.info.key);
              field.read(member->value, reader, out);
            }
            if (shared->check) shared->check(tree, reader, out);
          },
          [type, shared](const T& value, Detail detail) {
            Tree out = map_tree();
            for (const Field<T>& field : shared->fields) {
              auto tree = field.render(value, detail);
              if (!tree) continue;
              if (detail == Detail::changes && !must_be_written(*type, field.info)) {
                const auto usual = field.render(T{}, detail);
                if (usual && same(*usual, *tree)) continue;
              }
              out.members.push_back({field.info.key, *std::move(tree), {}});
            }
            return out;
          }};
}

}  // namespace sluice::config
