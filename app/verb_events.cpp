// `sluice events`: what happens, as it happens, over the admin API; goes on after a restart.
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "app/admin_connection.hpp"
#include "app/client.hpp"
#include "app/event_parser.hpp"
#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;

constexpr std::chrono::seconds kPatience{45};  // three heartbeats
constexpr std::chrono::seconds kAgainAfter{1};

struct Options : ClientOptions {
  std::string kinds;
  std::string after;
  unsigned count = 0;  // 0: without end
};

// "2026-11-21T18:00:00.000Z  weights  shop: blue=90 canary=10 -> blue=50 canary=50  actor=ann"
std::string line_of(const json::object& event) {
  if (text_of(event, "kind") == "gap") return "  (some events were missed)";
  std::string line =
      text_of(event, "at") + "  " + text_of(event, "kind") + "  " + text_of(event, "subject") + ':';
  const json::object& fields = event.at("fields").as_object();
  for (const auto& [name, value] : fields) {
    const std::string text = text_of(fields, name);
    if (name == "before")
      line += ' ' + text + " ->";
    else if (name == "after" || name == "state")
      line += ' ' + text;
    else
      line += "  " + printable(name) + '=' + text;
  }
  return line;
}

// One who follows, over as many connections as it takes.
class Follower {
 public:
  explicit Follower(const Options& options) : options_(options), parser_(options.after) {}

  int run() {
    while (!enough()) {
      const auto ended = follow();
      if (enough()) break;
      if (ended.for_good) {
        std::cerr << "sluice: " << ended.why << '\n';
        return kExitFailed;
      }
      std::cerr << "sluice: " << ended.why << "; trying again\n";
      std::this_thread::sleep_for(kAgainAfter);
    }
    return kExitOk;
  }

 private:
  struct Ended {
    std::string why;
    bool for_good = false;
  };

  bool enough() const { return options_.count != 0 && shown_ >= options_.count; }

  AdminQuestion question() const {
    AdminQuestion it{.target = "/api/v1/events"};
    if (!options_.kinds.empty()) it.target += "?kinds=" + options_.kinds;
    if (!parser_.last_id().empty()) it.fields.emplace_back("Last-Event-ID", parser_.last_id());
    return it;
  }

  // Until the connection ends.
  Ended follow() {
    auto connection = connect_admin(*options_.admin, kPatience);
    if (!connection) return {connection.error(), !connected_};
    boost::system::error_code error;
    http::write(connection->socket,
                make_admin_request(*options_.admin, connection->host, question()), error);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> response;
    if (!error) http::read_header(connection->socket, buffer, response, error);
    if (error) return {"no answer: " + error.message(), !connected_};
    if (response.get().result() != http::status::ok) {
      http::read(connection->socket, buffer, response, error);
      complain_of({response.get().result_int(), response.get().body()});
      return {"events are not to be had",
              response.get().result() != http::status::service_unavailable};
    }
    connected_ = true;
    parser_ = EventParser(parser_.last_id());  // half an event may have been there
    const auto data = buffer.data();
    parser_.add({static_cast<const char*>(data.data()), data.size()});
    return read(connection->socket);
  }

  Ended read(AdminSocket& socket) {
    char bytes[4096];
    for (;;) {
      while (!enough()) {
        const auto event = parser_.next();
        if (!event) break;
        show(event->data);
      }
      if (enough()) return {};
      boost::system::error_code error;
      const std::size_t size = socket.read_some(boost::asio::buffer(bytes), error);
      if (error) return {"the connection ended: " + error.message()};
      parser_.add({bytes, size});
    }
  }

  void show(const std::string& data) {
    ++shown_;
    if (options_.output == "json") {
      std::cout << data << std::endl;
      return;
    }
    std::cout << line_of(json::parse(data).as_object()) << std::endl;
  }

  const Options& options_;
  EventParser parser_;
  unsigned shown_ = 0;
  bool connected_ = false;
};

}  // namespace

void add_events(CLI::App& app, int& exit_code) {
  CLI::App* const verb = app.add_subcommand("events", "Follow what happens, as it happens");
  const auto options = std::make_shared<Options>();
  add_client_options(*verb, *options);
  verb->add_option("--kinds", options->kinds,
                   "Only these: reversion,weights,switch,endpoint,rollout,reload")
      ->type_name("KIND,...");
  verb->add_option("--after", options->after, "Begin after that event; 0: with all that are held")
      ->type_name("ID")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--count", options->count, "End after so many")->check(CLI::PositiveNumber);
  verb->callback([options, &exit_code] { exit_code = Follower(*options).run(); });
}

}  // namespace sluice::app
