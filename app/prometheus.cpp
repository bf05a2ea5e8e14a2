#include "app/prometheus.hpp"

#include <charconv>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "app/client.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

constexpr std::size_t kWhyMax = 200;

// What comes from outside is kept with the rollout, told and shown: short, and of visible ASCII.
rollout::Measurement failed(std::string why) {
  if (why.size() > kWhyMax) why = why.substr(0, kWhyMax) + "...";
  for (char& c : why)
    if (c < ' ' || c > '~') c = '?';
  return {.value = {}, .error = why.empty() ? "it does not say why" : std::move(why)};
}

// [time, "value"], where the value may be NaN, +Inf or -Inf.
rollout::Measurement read_sample(const json::value& sample) {
  const json::array* const pair = sample.if_array();
  const json::string* const text =
      pair != nullptr && pair->size() == 2 ? (*pair)[1].if_string() : nullptr;
  if (text == nullptr) return failed("the answer has no value");
  double value = 0;
  const char* const begin = text->data() + (text->starts_with('+') ? 1 : 0);
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(begin, end, value);
  if (read.ec != std::errc() || read.ptr != end) return failed("the value is no number");
  return {.value = value};
}

rollout::Measurement read_data(const json::object& data) {
  const json::value* const type = data.if_contains("resultType");
  const json::value* const result = data.if_contains("result");
  if (type == nullptr || result == nullptr) return failed("the answer has no result");
  if (*type == "scalar") return read_sample(*result);
  const json::array* const series = result->if_array();
  if (*type != "vector" || series == nullptr)
    return failed("the query gives neither a vector nor a scalar");
  if (series->empty()) return {};
  if (series->size() > 1)
    return failed("the query gives " + std::to_string(series->size()) + " values, not one");
  const json::object* const one = series->front().if_object();
  const json::value* const sample = one == nullptr ? nullptr : one->if_contains("value");
  return sample == nullptr ? failed("the answer has no value") : read_sample(*sample);
}

}  // namespace

std::string query_url(std::string_view server, std::string_view query) {
  while (server.ends_with('/')) server.remove_suffix(1);
  return std::string(server) + "/api/v1/query?query=" + percent_encoded(query);
}

rollout::Measurement read_prometheus_answer(unsigned status, std::string_view body) {
  boost::system::error_code error;
  const json::value answer = json::parse({body.data(), body.size()}, error);
  const json::object* const object = error ? nullptr : answer.if_object();
  const json::value* const why = object == nullptr ? nullptr : object->if_contains("error");
  if (why != nullptr && why->is_string()) return failed(std::string(why->get_string()));
  if (status != 200) return failed("it answers " + std::to_string(status));
  const json::value* const data = object == nullptr ? nullptr : object->if_contains("data");
  if (data == nullptr || !data->is_object()) return failed("the answer is not Prometheus'");
  return read_data(data->get_object());
}

}  // namespace sluice::app
