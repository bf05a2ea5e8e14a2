#pragma once
// One kind of value: what it looks like, how it is read from a tree and how it is written back.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/reader.hpp"
#include "config/tree.hpp"
#include "config/type.hpp"

namespace sluice::config {

// everything: defaults too. changes: only what differs from the defaults.
enum class Detail : std::uint8_t { everything, changes };

// Invariant: reading what render() wrote gives the same value.
template <class T>
struct Codec {
  std::shared_ptr<const Type> type;
  // Fills `out`; on an error reports it and leaves a usable value.
  std::function<void(const Tree& tree, Reader& reader, T& out)> read;
  std::function<Tree(const T& value, Detail detail)> render;
};

// Why a scalar is refused: a sentence, and perhaps the word that was meant.
struct Problem {
  std::string message;
  std::string suggestion = {};
};

template <class T>
Codec<T> scalar(Type type, std::function<Result<T, Problem>(std::string_view)> parse,
                std::function<std::string(const T&)> print) {
  auto shared = std::make_shared<const Type>(std::move(type));
  return {shared,
          [shared, parse](const Tree& tree, Reader& reader, T& out) {
            if (!reader.expect(tree, Kind::scalar, *shared)) return;
            auto value = parse(tree.text);
            if (value) {
              out = std::move(value).value();
            } else {
              reader.error(tree.place, value.error().message, value.error().suggestion);
            }
          },
          [print](const T& value, Detail) { return scalar_tree(print(value)); }};
}

using std::chrono::milliseconds;
using TextCheck = std::function<Result<std::string, Problem>(std::string_view)>;

// `pattern` is for the JSON Schema only; `check` decides, and may normalise.
Codec<std::string> text(std::string summary, std::string pattern, TextCheck check);
Codec<std::uint32_t> integer(std::uint32_t min, std::uint32_t max);
Codec<std::uint32_t> size(std::uint32_t min, std::uint32_t max);
Codec<milliseconds> duration(milliseconds min, milliseconds max);
Codec<double> ratio(double max = 1);  // from 0
Codec<bool> boolean();
// The name of an upstream that must exist.
Codec<std::string> upstream_name();

// The refusal of a word that is not one of `words`.
Problem not_one_of(std::string_view written, const std::vector<std::string>& words);

template <class E>
Codec<E> choice(std::vector<std::pair<std::string, E>> words) {
  Type type{.form = Form::choice};
  for (const auto& [word, value] : words) {
    type.choices.push_back(word);
    type.summary += (type.summary.empty() ? "" : " | ") + word;
  }
  const auto names = type.choices;
  return scalar<E>(
      std::move(type),
      [words, names](std::string_view written) -> Result<E, Problem> {
        for (const auto& [word, value] : words) {
          if (word == written) return value;
        }
        return Failure{not_one_of(written, names)};
      },
      [words](const E& value) {
        for (const auto& [word, known] : words) {
          if (known == value) return word;
        }
        return std::string();
      });
}

template <class T>
Codec<std::vector<T>> list(Codec<T> element, std::size_t items_min = 0) {
  auto type = std::make_shared<const Type>(Type{
      .form = Form::list, .summary = "a list", .element = element.type, .items_min = items_min});
  return {type,
          [type, element](const Tree& tree, Reader& reader, std::vector<T>& out) {
            if (!reader.expect(tree, Kind::list, *type)) return;
            if (tree.items.size() < type->items_min)
              reader.error(tree.place, "at least one is needed");
            out.clear();  // of the default
            for (std::size_t i = 0; i < tree.items.size(); ++i) {
              const auto step = reader.enter(i);
              element.read(tree.items[i], reader, out.emplace_back());
            }
          },
          [element](const std::vector<T>& value, Detail detail) {
            std::vector<Tree> items;
            for (const T& it : value) items.push_back(element.render(it, detail));
            return list_tree(std::move(items));
          }};
}

// A map in which each key becomes the member `name` of its element: `upstreams: { blue: ... }`.
template <class T>
Codec<std::vector<T>> named_map(Codec<T> element, std::string T::*name, const TextCheck& check) {
  auto type = std::make_shared<const Type>(
      Type{.form = Form::map, .summary = "a map", .element = element.type, .items_min = 1});
  return {type,
          [type, element, name, check](const Tree& tree, Reader& reader, std::vector<T>& out) {
            if (!reader.expect(tree, Kind::map, *type)) return;
            if (tree.members.empty()) reader.error(tree.place, "at least one is needed");
            for (const Member& member : tree.members) {
              const auto step = reader.enter(member.key);
              if (const auto checked = check(member.key); !checked) {
                reader.error(member.place, checked.error().message);
              }
              T& it = out.emplace_back();
              it.*name = member.key;
              element.read(member.value, reader, it);
            }
          },
          [element, name](const std::vector<T>& value, Detail detail) {
            Tree out = map_tree();
            for (const T& it : value) {
              out.members.push_back({it.*name, element.render(it, detail), {}});
            }
            return out;
          }};
}

// An object that a single value may stand for: "host:port" for { address: "host:port" }.
template <class T, class M>
Codec<T> with_shorthand(Codec<T> object, M T::*member, Codec<M> brief) {
  Type described = *object.type;
  described.shorthand = brief.type;
  described.summary = brief.type->summary + ", or a map";
  auto type = std::make_shared<const Type>(std::move(described));
  return {type,
          [type, object, member, brief](const Tree& tree, Reader& reader, T& out) {
            if (tree.kind == Kind::scalar) return brief.read(tree, reader, out.*member);
            if (reader.expect(tree, Kind::map, *type)) object.read(tree, reader, out);
          },
          [object, member, brief](const T& value, Detail detail) {
            T plain{};
            plain.*member = value.*member;
            if (plain == value) return brief.render(value.*member, detail);
            return object.render(value, detail);
          }};
}

}  // namespace sluice::config
