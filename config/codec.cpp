#include "config/codec.hpp"

#include "base/parse.hpp"
#include "base/suggest.hpp"
#include "base/units.hpp"
#include "config/checks.hpp"

namespace sluice::config {
namespace {

template <class T>
Failure<Problem> refuse(Result<T, std::string>& result) {
  return Failure{Problem{std::move(result).error()}};
}

Failure<Problem> out_of_range(std::string_view written, const std::string& min,
                              const std::string& max) {
  return Failure{Problem{"'" + std::string(written) + "' is out of range: " + min + " to " + max}};
}

}  // namespace

Codec<std::string> text(std::string summary, std::string pattern, TextCheck check) {
  Type type{.form = Form::text, .summary = std::move(summary), .pattern = std::move(pattern)};
  return scalar<std::string>(std::move(type), std::move(check),
                             [](const std::string& value) { return value; });
}

Codec<std::uint32_t> integer(std::uint32_t min, std::uint32_t max) {
  Type type{.form = Form::integer,
            .summary = "a whole number",
            .min = std::to_string(min),
            .max = std::to_string(max)};
  return scalar<std::uint32_t>(
      std::move(type),
      [min, max](std::string_view written) -> Result<std::uint32_t, Problem> {
        auto value = parse_integer(written, min, max);
        if (!value && min == max) return Failure{Problem{"must be " + std::to_string(min)}};
        if (!value) return refuse(value);
        return static_cast<std::uint32_t>(*value);
      },
      [](const std::uint32_t& value) { return std::to_string(value); });
}

Codec<std::uint32_t> size(std::uint32_t min, std::uint32_t max) {
  Type type{.form = Form::size,
            .summary = "a size such as 16KiB",
            .min = format_size(min),
            .max = format_size(max)};
  return scalar<std::uint32_t>(
      std::move(type),
      [min, max](std::string_view written) -> Result<std::uint32_t, Problem> {
        auto value = parse_size(written);
        if (!value) return refuse(value);
        if (*value < min || *value > max) {
          return out_of_range(written, format_size(min), format_size(max));
        }
        return static_cast<std::uint32_t>(*value);
      },
      [](const std::uint32_t& value) { return format_size(value); });
}

Codec<milliseconds> duration(milliseconds min, milliseconds max) {
  Type type{.form = Form::duration,
            .summary = "a duration such as 250ms or 10s",
            .min = format_duration(min),
            .max = format_duration(max)};
  return scalar<milliseconds>(
      std::move(type),
      [min, max](std::string_view written) -> Result<milliseconds, Problem> {
        auto value = parse_duration(written);
        if (!value) return refuse(value);
        if (*value < min || *value > max) {
          return out_of_range(written, format_duration(min), format_duration(max));
        }
        return *value;
      },
      [](const milliseconds& value) { return format_duration(value); });
}

Codec<double> ratio(double max) {
  Type type{.form = Form::ratio,
            .summary = "a share such as 5% or 0.05",
            .min = format_ratio(0),
            .max = format_ratio(max)};
  return scalar<double>(
      std::move(type),
      [max](std::string_view written) -> Result<double, Problem> {
        auto value = parse_ratio(written);
        if (!value) return refuse(value);
        if (*value > max) return out_of_range(written, format_ratio(0), format_ratio(max));
        return *value;
      },
      [](const double& value) { return format_ratio(value); });
}

Codec<bool> boolean() {
  Type type{.form = Form::boolean, .summary = "true or false"};
  return scalar<bool>(
      std::move(type),
      [](std::string_view written) -> Result<bool, Problem> {
        if (written == "true") return true;
        if (written == "false") return false;
        // YAML 1.1 knows more words for it; here one spelling each.
        const bool yes = written == "yes" || written == "on" || written == "True";
        const bool no = written == "no" || written == "off" || written == "False";
        return Failure{Problem{"'" + std::string(written) + "' is neither true nor false",
                               yes ? "true" : (no ? "false" : "")}};
      },
      [](const bool& value) { return std::string(value ? "true" : "false"); });
}

Codec<std::string> upstream_name() {
  auto codec = text("the name of an upstream", {}, check_name);
  auto read = codec.read;
  codec.read = [read](const Tree& tree, Reader& reader, std::string& out) {
    read(tree, reader, out);
    if (!out.empty()) reader.refer_upstream(out, tree.place);
  };
  return codec;
}

Problem not_one_of(std::string_view written, const std::vector<std::string>& words) {
  std::string message = "'" + std::string(written) + "' is not one of ";
  for (std::size_t i = 0; i < words.size(); ++i) message += (i ? ", " : "") + words[i];
  return {std::move(message), suggest(written, words)};
}

}  // namespace sluice::config
