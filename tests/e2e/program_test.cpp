// The program as its operator meets it: start, refusal, reload, drain; and real clients' traffic.
#include <atomic>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/rig.hpp"
#include "tests/support/origin.hpp"

namespace sluice::test {
namespace {

TEST(Program, ABadFileNeverStarts) {
  const TempFolder folder;
  const auto path = folder.write("bad.yaml",
                                 "version: 1\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n"
                                 "upstreams:\n  blue: { endpoints: [\"127.0.0.1:1\"], wieght: 3 }\n"
                                 "routes: [{ split: { bleu: 1 } }]\n");
  const Finished finished = run_program({SLUICE_BINARY, "run", "-c", path.string()});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.output.find("bad.yaml:4:"), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("did you mean 'blue'"), std::string::npos) << finished.output;
}

TEST(Program, ABadFileNeverReplacesARunningOne) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 1 }");
  sluice.reload("split: { blu: 1 }", "reload refused");
  EXPECT_NE(sluice.process().output().find("sluice.yaml:"), std::string::npos);
  const Finished answer = run_program({"curl", "-sS", "--fail", sluice.url()});
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_EQ(answer.output, "blue ");
}

std::string logging_to_stdout(std::uint16_t port) {
  return "version: 1\naccess_log: {}\nlisteners: [{ bind: \"127.0.0.1:" + std::to_string(port) +
         "\" }]\nupstreams: { blue: { endpoints: [\"127.0.0.1:1\"] } }\n"
         "routes: [{ split: { blue: 1 } }]\n";
}

// Log lines and our own words share the pipe; neither may hold up a signal.
TEST(Program, AStalledReaderOfItsOutputDoesNotKeepItAlive) {
  const TempFolder folder;
  const std::uint16_t port = free_port();
  const auto config = folder.write("sluice.yaml", logging_to_stdout(port));
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);  // and never reads
  Process process(
      {"sh", "-c",
       "exec " + std::string(SLUICE_BINARY) + " run -c " + config.string() + " >" + pipe},
      folder / "log");
  ASSERT_TRUE(wait_until_listening(port)) << process.output();
  for (int i = 0; i < 400; ++i) {
    Wire wire = Wire::connect(port);
    wire.send("GET /" + std::string(400, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(wire.read_message().status(), 502);
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  ::close(reader);
}

TEST(Program, AClosedOutputIsNobodysSocket) {
  const TempFolder folder;
  const std::uint16_t port = free_port();
  const auto config = folder.write("sluice.yaml", logging_to_stdout(port));
  Process process(
      {"sh", "-c",
       "exec " + std::string(SLUICE_BINARY) + " run -c " + config.string() + " <&- >&- 2>&-"},
      folder / "log");
  ASSERT_TRUE(wait_until_listening(port));
  for (const char* const descriptor : {"0", "1", "2"})
    EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(process.pid()) + "/fd/" +
                                            descriptor),
              "/dev/null");
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

TEST(Program, AnAddressInUseIsAnErrorWithItsName) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice first(folder, backends, "split: { blue: 1 }");
  const Finished second =
      run_program({SLUICE_BINARY, "run", "-c", (folder / "sluice.yaml").string()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.output.find("listener edge: cannot listen on 127.0.0.1:" +
                               std::to_string(first.port()) + ": Address already in use"),
            std::string::npos)
      << second.output;
}

// A configuration with one upstream, on `port`.
std::string before(const Origin& origin, std::uint16_t port) {
  return "version: 1\nlisteners: [{ bind: \"127.0.0.1:" + std::to_string(port) +
         "\" }]\nupstreams:\n  blue: { endpoints: [\"" + origin.address() +
         "\"] }\nroutes: [{ split: { blue: 1 } }]\n";
}

TEST(Program, TermFinishesWhatIsRunningThenExitsCleanly) {
  const TempFolder folder;
  std::atomic<bool> go{false};
  const Origin origin([&go](Wire& wire, Origin&) {
    wire.read_message();
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfirst");
    while (!go) std::this_thread::yield();
    wire.send("second");
  });
  const std::uint16_t port = free_port();
  const auto config = folder.write("sluice.yaml", before(origin, port));
  Process process({SLUICE_BINARY, "run", "-c", config.string()}, folder / "log");
  ASSERT_TRUE(process.wait_for_output("ready")) << process.output();
  Wire busy = Wire::connect(port);
  Wire idle = Wire::connect(port);
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(busy.wait_readable(kPatience));
  process.signal(SIGTERM);
  ASSERT_TRUE(process.wait_for_output("draining"));
  EXPECT_TRUE(idle.closed_by_peer());
  go = true;
  const WireMessage answer = busy.read_message();
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "firstsecond");
  EXPECT_EQ(process.wait(), 0);
}

TEST(Program, ASecondTermEndsItAtOnce) {
  const TempFolder folder;
  const Origin origin([](Wire& wire, Origin& self) {
    self.remember(wire.read_message());
    wire.read_to_end();  // never answers
  });
  const std::uint16_t port = free_port();
  const auto config = folder.write("sluice.yaml", before(origin, port));
  Process process({SLUICE_BINARY, "run", "-c", config.string()}, folder / "log");
  ASSERT_TRUE(process.wait_for_output("ready")) << process.output();
  Wire busy = Wire::connect(port);
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (const_cast<Origin&>(origin).requests().empty()) std::this_thread::yield();
  process.signal(SIGTERM);
  ASSERT_TRUE(process.wait_for_output("draining"));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_TRUE(busy.closed_by_peer());
}

std::string wrk(const Sluice& sluice, const std::string& script) {
  const Finished finished =
      run_program({"wrk", "-t1", "-c32", "-d4s", "-s", SLUICE_SOURCE_DIR "/loadtest/lua/" + script,
                   sluice.url()});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.output.find("Socket errors"), std::string::npos) << finished.output;
  EXPECT_EQ(finished.output.find("Non-2xx"), std::string::npos) << finished.output;
  return finished.output;
}

TEST(Traffic, MixedMethodsCookiesAndBodiesUpToTenMebibytes) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "sticky: { cookie: sluice }, split: { blue: 90, canary: 10 }");
  EXPECT_NE(wrk(sluice, "mixed.lua").find("not 2xx: 0 of"), std::string::npos);
}

TEST(Traffic, PipelinedRequests) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 1 }");
  wrk(sluice, "pipelined.lua");
}

TEST(Traffic, ReloadsUnderLoadLoseNothing) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 1 }");
  std::map<std::string, std::uint64_t> seen;
  std::thread load([&] { seen = wrk_split(sluice, 20'000); });
  for (int i = 0; i < 20; ++i)
    sluice.reload("split: { blue: 1, canary: " + std::to_string(i) + " }");
  load.join();
  EXPECT_EQ(seen.at("bad"), 0u);
  EXPECT_EQ(seen.at("errors"), 0u);
  EXPECT_GT(seen["canary"], 0u);
}

TEST(Program, AHostNameIsResolvedAtStartAndBeforeAReloadIsServed) {
  const TempFolder folder;
  const Backends backends(folder);
  const std::uint16_t port = free_port();
  const auto with = [&](const std::string& host, const std::string& backend) {
    return "version: 1\nlisteners: [{ bind: \"127.0.0.1:" + std::to_string(port) +
           "\" }]\nupstreams:\n  a: { endpoints: [\"" + host + ":" +
           std::to_string(backends.port(backend)) + "\"] }\nroutes: [{ split: { a: 1 } }]\n";
  };
  const auto config = folder.write("sluice.yaml", with("127.0.0.1", "blue"));
  Process process({SLUICE_BINARY, "run", "-c", config.string()}, folder / "log");
  ASSERT_TRUE(process.wait_for_output("ready")) << process.output();
  folder.write("sluice.yaml", with("localhost", "canary"));
  process.signal(SIGHUP);
  ASSERT_TRUE(process.wait_for_output("reloaded: generation")) << process.output();
  const Finished answer =
      run_program({"curl", "-sS", "--fail", "http://127.0.0.1:" + std::to_string(port) + "/"});
  EXPECT_EQ(answer.output, "canary ");
}

TEST(Program, HealthcheckAndMetricsOverTheAdminListener) {
  const TempFolder folder;
  const Backends backends(folder);
  const std::uint16_t admin = free_port();
  const auto config = folder.write(
      "sluice.yaml", "version: 1\nadmin: { listen: \"127.0.0.1:" + std::to_string(admin) +
                         "\" }\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n" + backends.upstreams() +
                         "routes: [{ name: shop, split: { blue: 9, canary: 1 } }]\n");
  const std::string url = "http://127.0.0.1:" + std::to_string(admin);
  EXPECT_EQ(run_program({SLUICE_BINARY, "healthcheck", "--admin", url}).exit_code, 1);
  Process process({SLUICE_BINARY, "run", "-c", config.string()}, folder / "log");
  ASSERT_TRUE(process.wait_for_output("ready")) << process.output();
  EXPECT_EQ(run_program({SLUICE_BINARY, "healthcheck", "--admin", url}).exit_code, 0);
  const Finished metrics = run_program({"curl", "-sS", "--fail", url + "/metrics"});
  EXPECT_NE(metrics.output.find("sluice_split_weight_ratio{route=\"shop\",upstream=\"blue\"} 0.9"),
            std::string::npos)
      << metrics.output;
}

// Three sigma are exceeded by chance once in some 200 runs; three times in a row by no chance.
// Half a schema must not pass for a whole one.
TEST(Program, OutputThatCannotBeWrittenIsAnError) {
  const TempFolder folder;
  const auto good = folder.write("good.yaml",
                                 "version: 1\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n"
                                 "upstreams: { blue: { endpoints: [\"127.0.0.1:1\"] } }\n"
                                 "routes: [{ split: { blue: 1 } }]\n");
  for (const std::string& verb :
       {std::string("schema"), std::string("schema --markdown"), std::string("version"),
        std::string("--help"), "validate " + good.string(),
        "validate --format json " + good.string(), "config show " + good.string()}) {
    const std::string command = std::string(SLUICE_BINARY) + " " + verb;
    EXPECT_EQ(run_program({"sh", "-c", command}).exit_code, 0) << verb;
    const Finished full = run_program({"sh", "-c", command + " >/dev/full"});
    EXPECT_EQ(full.exit_code, 1) << verb;
    EXPECT_EQ(full.output, "sluice: cannot write to standard output\n") << verb;
  }
}

TEST(Program, TheHeadlessDemoSeesItsOwnSplit) {
  Finished demo{};
  for (int attempt = 0; attempt < 3; ++attempt) {
    demo = run_program({SLUICE_BINARY, "demo", "--headless", "--duration", "3s"});
    EXPECT_NE(demo.output.find("0 errors"), std::string::npos) << demo.output;
    if (demo.exit_code == 0) break;
  }
  EXPECT_EQ(demo.exit_code, 0) << demo.output;
}

TEST(Traffic, CurlOverUnixSocketsOnBothSides) {
  const TempFolder folder;
  const Origin origin(echo(), "unix:" + (folder / "origin.sock").string());
  const std::string path = (folder / "edge.sock").string();
  folder.write("sluice.yaml", "version: 1\nlisteners: [{ bind: \"unix:" + path +
                                  "\" }]\nupstreams:\n  blue: { endpoints: [\"" + origin.address() +
                                  "\"] }\nroutes: [{ split: { blue: 1 } }]\n");
  Process process({SLUICE_BINARY, "run", "-c", (folder / "sluice.yaml").string()}, folder / "log");
  ASSERT_TRUE(process.wait_for_output("ready")) << process.output();
  const Finished answer =
      run_program({"curl", "-sS", "--fail", "--unix-socket", path, "http://shop.example/a?b=c"});
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_TRUE(answer.output.starts_with("GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\n"))
      << answer.output;
}

}  // namespace
}  // namespace sluice::test
