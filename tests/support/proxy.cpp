#include "tests/support/proxy.hpp"

#include <future>
#include <stdexcept>

namespace sluice::test {

config::Configuration Proxy::load(const std::string& yaml) {
  auto loaded = config::load_text("version: 1\n" + yaml, "test.yaml");
  if (!loaded) throw std::runtime_error(config::format_text(loaded.error()));
  return std::move(loaded).value();
}

Proxy::Proxy(const std::string& yaml, std::size_t workers)
    : plane_(workers, 42), control_({.publish = [this](auto snapshot, auto served) {
        plane_.publish(std::move(snapshot), std::move(served));
      }}) {
  const config::Configuration configuration = load(yaml);
  if (configuration.access_log) {
    auto log = telemetry::AccessLog::open(*configuration.access_log, workers);
    if (!log) throw std::runtime_error(log.error());
    log_ = std::move(log).value();
    if (log_ != nullptr) plane_.log_to(*log_);
  }
  if (configuration.tracing) plane_.trace_to(traces_, configuration.tracing->sample);
  plane_.start();
  auto applied = control_.apply(configuration.routing, {std::string(32, 'k')}, {});
  if (!applied) throw std::runtime_error(applied.error().front());
  auto opened = plane_.open(configuration.listeners);
  if (!opened) throw std::runtime_error(opened.error());
}

void Proxy::stop() {
  plane_.stop();
  if (log_ != nullptr) log_->stop();
}

std::uint16_t Proxy::port() const {
  return plane_.listeners().front()->address->bound().port();
}

WireMessage Proxy::ask(std::string_view raw, bool no_body) const {
  Wire wire = connect();
  wire.send(raw);
  return wire.read_message(no_body);
}

void Proxy::reload(const std::string& yaml) {
  std::promise<void> served;
  auto applied =
      control_.apply(load(yaml).routing, {std::string(32, 'k')}, [&served] { served.set_value(); });
  if (!applied) throw std::runtime_error(applied.error().front());
  served.get_future().wait();
}

void Proxy::resolved(const std::string& name, std::vector<std::string> addresses) {
  control_.resolved(name, std::move(addresses));
}

void Proxy::on_worker(std::function<void()> function) {
  plane_.publish(control_.current(), std::move(function));
}

std::string one_upstream(const std::string& address, const std::string& listener_extra,
                         const std::string& upstream_extra, const std::string& route_extra) {
  return "listeners: [{ name: edge, bind: \"127.0.0.1:0\"" + listener_extra + " }]\n" +
         "upstreams:\n  blue: { endpoints: [\"" + address + "\"]" + upstream_extra + " }\n" +
         "routes: [{ name: all, split: { blue: 1 }" + route_extra + " }]\n";
}

}  // namespace sluice::test
