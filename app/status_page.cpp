#include "app/status_page.hpp"

#include <cstdio>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/client.hpp"
#include "app/columns.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string percent(double ratio) {
  return number(ratio * 100) + " %";
}

double sum_of(const json::object& weights) {
  double sum = 0;
  for (const auto& one : weights) sum += one.value().to_number<double>();
  return sum;
}

std::string share_of(const json::object& weights, std::string_view upstream) {
  const json::value* const one = weights.if_contains(upstream);
  const double sum = sum_of(weights);
  return one == nullptr || sum <= 0 ? "-" : percent(one->to_number<double>() / sum);
}

std::string observed_in_words(const json::object& observed) {
  std::string out;
  for (const auto& one : observed)
    out += (out.empty() ? "" : " ") + printable(one.key()) + ' ' +
           percent(one.value().to_number<double>());
  return out;
}

std::string route_line(const json::object& route) {
  const std::string weights = weights_in_words(route.at("weights"));
  const std::string configured = weights_in_words(route.at("configured"));
  const std::string observed = observed_in_words(route.at("observed").as_object());
  std::string line = "route " + text_of(route, "name") + ": " + weights + " (by " +
                     text_of(route, "source") +
                     (weights == configured ? "" : ", configured " + configured) + ')';
  if (const std::string until = text_of(route, "returns_at"); !until.empty())
    line += ", until " + until;
  if (!observed.empty()) line += ", observed " + observed;
  return line + '\n';
}

std::string headline(const json::value& status) {
  return text_of(status.as_object(), "status") + ", generation " +
         json::serialize(status.at("generation")) + '\n';
}

std::string availability(const json::object& upstream) {
  return "upstream " + text_of(upstream, "name") + ": " +
         json::serialize(upstream.at("available")) + " of " +
         json::serialize(upstream.at("endpoints")) + " endpoints available\n";
}

std::string route_table(const json::object& route) {
  const json::object& traffic = route.at("traffic").as_object();
  std::string out = "route " + text_of(route, "name") + "   " +
                    number(traffic.at("requests_per_second").to_number<double>()) +
                    " requests/s   " + number(traffic.at("errors_per_second").to_number<double>()) +
                    " errors/s   by " + text_of(route, "source");
  if (const std::string until = text_of(route, "returns_at"); !until.empty())
    out += " until " + until + ", then " + weights_in_words(route.at("returns_to"));
  Columns table({{"upstream"}, {"configured", true}, {"applied", true}, {"observed", true}});
  for (const auto& one : route.at("weights").as_object())
    table.add({printable(one.key()), share_of(route.at("configured").as_object(), one.key()),
               share_of(route.at("weights").as_object(), one.key()),
               share_of(route.at("observed").as_object(), one.key())});
  return out + '\n' + table.text("  ");
}

std::string endpoint_table(const json::object& upstream) {
  Columns table({{""}, {""}, {""}, {""}});
  for (const json::value& it : upstream.at("health").as_array()) {
    const json::object& endpoint = it.as_object();
    const std::string service = text_of(endpoint, "service");
    table.add({text_of(endpoint, "address"), text_of(endpoint, "state"),
               service == "active" ? "" : service, text_of(endpoint, "reason")});
  }
  return table.text("  ");
}

}  // namespace

std::string status_lines(const json::value& status) {
  std::string out = headline(status);
  for (const json::value& route : status.at("routes").as_array())
    out += route_line(route.as_object());
  for (const json::value& upstream : status.at("upstreams").as_array())
    out += availability(upstream.as_object());
  return out;
}

std::string status_page(const json::value& status) {
  std::string out = headline(status);
  for (const json::value& route : status.at("routes").as_array())
    out += '\n' + route_table(route.as_object());
  out += '\n';
  for (const json::value& upstream : status.at("upstreams").as_array())
    out += availability(upstream.as_object()) + endpoint_table(upstream.as_object());
  return out;
}

}  // namespace sluice::app
