#include "tests/e2e/rig.hpp"

#include <csignal>
#include <sstream>

#include <gtest/gtest.h>

#include "base/parse.hpp"

namespace sluice::test {

Backends::Backends(const TempFolder& folder) {
  std::string servers;
  for (const char* const name : {"blue", "green", "canary"}) {
    const std::uint16_t port = free_port();
    ports_[name] = port;
    servers += "server { listen 127.0.0.1:" + std::to_string(port) +
               " backlog=4096; add_header X-Backend " + name +
               " always; client_max_body_size 64m; location / { return 200 '" + name +
               " $http_x_user_id'; } location /slow { proxy_pass http://127.0.0.1:1; } }\n";
  }
  const std::string prefix = folder.path().string();
  const auto config = folder.write(
      "nginx.conf", "worker_processes 1; daemon off; master_process off; pid " + prefix +
                        "/nginx.pid; error_log " + prefix +
                        "/nginx.err;\nevents { worker_connections 4096; }\nhttp { access_log off; "
                        "keepalive_requests 100000000; client_body_temp_path " +
                        prefix + "/body;\n" + servers + "}\n");
  nginx_ = std::make_unique<Process>(std::vector<std::string>{"nginx", "-c", config.string()},
                                     folder / "nginx.log");
  for (const auto& [name, port] : ports_)
    EXPECT_TRUE(wait_until_listening(port)) << name << ": " << nginx_->output();
}

std::string Backends::upstreams() const {
  std::string text = "upstreams:\n";
  for (const auto& [name, port] : ports_)
    text += "  " + name + ": { endpoints: [\"127.0.0.1:" + std::to_string(port) + "\"] }\n";
  return text;
}

Sluice::Sluice(const TempFolder& folder, const Backends& backends, const std::string& route)
    : folder_(folder), backends_(backends), port_(free_port()) {
  write(route);
  process_ = std::make_unique<Process>(
      std::vector<std::string>{SLUICE_BINARY, "run", "-c", (folder / "sluice.yaml").string()},
      folder / "sluice.log");
  EXPECT_TRUE(process_->wait_for_output("ready")) << process_->output();
}

void Sluice::write(const std::string& route) {
  folder_.write("sluice.yaml", "version: 1\nlisteners: [{ name: edge, bind: \"127.0.0.1:" +
                                   std::to_string(port_) + "\" }]\n" + backends_.upstreams() +
                                   "routes:\n  - { name: all, " + route + " }\n");
}

void Sluice::reload(const std::string& route, const std::string& expected) {
  write(route);
  process_->signal(SIGHUP);
  EXPECT_TRUE(process_->wait_for_output(expected, ++reloads_)) << process_->output();
}

std::string Sluice::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::map<std::string, std::uint64_t> wrk_split(const Sluice& sluice, std::uint64_t requests) {
  std::map<std::string, std::uint64_t> total;
  std::uint64_t answered = 0;
  for (int run = 0; run < 60 && answered < requests; ++run) {
    const Finished wrk = run_program({"wrk", "-t1", "-c32", "-d3s", "-s",
                                      SLUICE_SOURCE_DIR "/loadtest/lua/split.lua", sluice.url()});
    const std::size_t at = wrk.output.find("\nsplit ");
    if (at == std::string::npos) {
      ADD_FAILURE() << wrk.output;
      break;
    }
    std::istringstream words(wrk.output.substr(at + 7, wrk.output.find('\n', at + 1) - at - 7));
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      const auto count = parse_integer(word.substr(equals + 1), 0, 1'000'000'000);
      const std::string name = word.substr(0, equals);
      total[name] += *count;
      if (name != "bad" && name != "errors") answered += *count;
    }
  }
  total["all"] = answered;
  return total;
}

}  // namespace sluice::test
