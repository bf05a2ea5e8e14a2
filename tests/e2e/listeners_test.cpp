// Listeners that come and go while others serve.
#include <filesystem>

#include <gtest/gtest.h>

#include "base/parse.hpp"
#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

// With listeners of its own beside `edge`, which Program writes.
class Listeners : public ::testing::Test {
 protected:
  // `edge`: more of its rules. As Program::write() does, but for the list.
  void write(const std::vector<std::string>& binds, const std::string& edge = "") const {
    std::string list =
        "{ name: edge, bind: \"127.0.0.1:" + std::to_string(program_.port()) + "\"" + edge + " }";
    for (std::size_t i = 0; i < binds.size(); ++i)
      list += ", { name: more" + std::to_string(i) + ", bind: \"" + binds[i] + "\" }";
    folder_.write("sluice.yaml", "version: 1\nlisteners: [" + list +
                                     "]\nadmin: { listen: \"127.0.0.1:" +
                                     std::to_string(program_.admin_port()) + "\" }\n" + route_);
  }
  Finished reload() const { return program_.verb({"reload"}); }
  static Wire connect(const std::string& address) {
    const auto port = parse_integer(address.substr(address.rfind(':') + 1), 1, 65'535);
    return Wire::connect(static_cast<std::uint16_t>(port.value()));
  }
  static std::string local(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
  // The status of one request over a connection that is kept.
  static int ask(Wire& client) {
    client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    return client.read_message().status();
  }
  static std::string curl(const std::string& address) {
    return run_program({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "5",
                        "http://" + address + "/"})
        .output;
  }

  TempFolder folder_;
  Backends backends_{folder_};
  std::string route_ = backends_.with_route("split: { blue: 1 }");
  Program program_{folder_, route_};
};

TEST_F(Listeners, ComeAndGoBesideOnesThatStay) {
  Wire stays = Wire::connect(program_.port());
  EXPECT_EQ(ask(stays), 200);
  const std::string second = local(free_port()), socket = "unix:" + (folder_ / "s.sock").string();
  write({second, socket});
  EXPECT_EQ(reload().exit_code, 0) << program_.process_output();
  EXPECT_TRUE(program_.says("listener more0 on " + second));
  EXPECT_EQ(curl(second), "200");
  EXPECT_EQ(run_program({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                         (folder_ / "s.sock").string(), "http://a/"})
                .output,
            "200");
  EXPECT_EQ(ask(stays), 200) << "the same connection";
  Wire goes = connect(second);
  EXPECT_EQ(ask(goes), 200);
  write({});
  EXPECT_EQ(reload().exit_code, 0);
  EXPECT_TRUE(goes.closed_by_peer()) << "idle ones end at once";
  EXPECT_EQ(curl(second), "000");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "s.sock"));
  EXPECT_EQ(ask(stays), 200);
  // And once more: the address is free.
  write({second, socket});
  EXPECT_EQ(reload().exit_code, 0) << program_.process_output();
  EXPECT_EQ(curl(second), "200");
  EXPECT_EQ(ask(stays), 200);
  EXPECT_EQ(program_.process_output().find("need a restart"), std::string::npos);
}

TEST_F(Listeners, ThatCannotBeBoundRefuseTheReloadWithTheirPlace) {
  Wire stays = Wire::connect(program_.port());
  EXPECT_EQ(ask(stays), 200);
  const std::string second = local(free_port());
  write({second, local(backends_.port("green"))});
  const Finished refused = reload();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(program_.says("error: listeners[2].bind: cannot listen on")) << refused.output;
  EXPECT_NE(refused.output.find("Address already in use"), std::string::npos) << refused.output;
  EXPECT_EQ(curl(second), "000") << "all or none";
  EXPECT_EQ(ask(stays), 200);
  write({second});
  EXPECT_EQ(reload().exit_code, 0);
  EXPECT_EQ(curl(second), "200");
}

TEST_F(Listeners, TakeOtherRulesForThoseWhoComeLater) {
  Wire early = Wire::connect(program_.port());
  EXPECT_EQ(ask(early), 200);
  write({}, ", debug_header: true, limits: { connections: 2 }");
  EXPECT_EQ(reload().exit_code, 0);
  early.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(early.read_message().field("X-Sluice-Upstream"));
  Wire late = Wire::connect(program_.port());
  late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(late.read_message().field("X-Sluice-Upstream"));
  Wire third = Wire::connect(program_.port());
  EXPECT_TRUE(third.closed_by_peer()) << "two are in";
  EXPECT_EQ(ask(early), 200);
}

TEST_F(Listeners, LetARequestThatIsOnItsWayEnd) {
  const std::string second = local(free_port());
  write({second});
  EXPECT_EQ(reload().exit_code, 0);
  Wire client = connect(second);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  // It is in once the proxy counts it.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (program_.metrics().find("sluice_open_connections{listener=\"more0\"} 1") ==
             std::string::npos &&
         std::chrono::steady_clock::now() < until) {
  }
  write({});
  EXPECT_EQ(reload().exit_code, 0);
  client.send("cd");
  const WireMessage answer = client.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("Connection").value_or(""), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

}  // namespace
}  // namespace sluice::test
