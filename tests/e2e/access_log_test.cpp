// The access log of the real program: one line a request, over rotations, beside a full disk.
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "base/parse.hpp"
#include "tests/e2e/rig.hpp"
#include "tests/support/origin.hpp"

namespace sluice::test {
namespace {

// Reads every file named, line by line, with a parser that is not ours. "LINES OK=.. BAD=.."
constexpr const char* kReader = R"(
import json, sys
lines = bad = served = 0
ids = set()
for name in sys.argv[1:]:
    data = open(name, 'rb').read()
    if data and not data.endswith(b'\n'): bad += 1
    for line in data.splitlines():
        lines += 1
        try:
            one = json.loads(line.decode('utf-8'))
            served += one['status'] == 200
            ids.add(one['request_id'])
        except Exception as problem:
            bad += 1
            print(problem, line[:200])
print('lines=%d served=%d distinct=%d bad=%d.' % (lines, served, len(ids), bad))
)";

std::uint64_t number_after(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return 0;
  const std::size_t from = at + name.size();
  const std::size_t end = text.find_first_not_of("0123456789", from);
  const auto number = parse_integer(text.substr(from, end - from), 0, 1'000'000'000);
  return number ? static_cast<std::uint64_t>(*number) : 0;
}

struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t dropped = 0;
};

Counts counts_of(const std::string& admin) {
  const std::string text = run_program({"curl", "-sS", admin + "/metrics"}).output;
  Counts counts;
  const std::string name = "\nsluice_requests_total{";
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
    counts.requests += number_after(text.substr(at), "} ");
  counts.dropped = number_after(text, "\nsluice_access_log_dropped_total ");
  return counts;
}

std::string wrk(const std::string& url) {
  return run_program({"wrk", "-t1", "-c32", "-d6s", url}).output;
}

// "  12345 requests in 6.00s, 2.00MB read"
std::uint64_t requests_of(const std::string& wrk_output) {
  const std::size_t end = wrk_output.find(" requests in");
  if (end == std::string::npos) return 0;
  const std::size_t before = wrk_output.find_last_not_of("0123456789", end - 1);
  return number_after(wrk_output.substr(before), wrk_output.substr(before, 1));
}

class AccessLogged : public testing::Test {
 protected:
  void start(const std::string& path) {
    const auto config = folder_.write(
        "sluice.yaml",
        "version: 1\naccess_log: { path: \"" + path + "\" }\nadmin: { listen: \"" + admin_ +
            "\" }\nlisteners: [{ bind: \"127.0.0.1:" + std::to_string(port_) + "\" }]\n" +
            backends_.upstreams() + "routes: [{ split: { blue: 90, canary: 10 } }]\n");
    process_ = std::make_unique<Process>(
        std::vector<std::string>{SLUICE_BINARY, "run", "-c", config.string()}, folder_ / "log");
    ASSERT_TRUE(process_->wait_for_output("ready")) << process_->output();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  TempFolder folder_;
  Backends backends_{folder_};
  std::uint16_t port_ = free_port();
  std::string admin_ = "127.0.0.1:" + std::to_string(free_port());
  std::unique_ptr<Process> process_;
};

TEST_F(AccessLogged, ALineForEachRequestOverRotationsUnderLoad) {
  start("access.log");
  std::string load;
  std::thread client([&] { load = wrk(url()); });
  std::vector<std::string> files{file("access.log")};
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    files.push_back(file("access.log." + std::to_string(i)));
    std::filesystem::rename(file("access.log"), files.back());
    process_->signal(SIGUSR1);
    for (int wait = 0; wait < 1'000 && !std::filesystem::exists(file("access.log")); ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  client.join();
  const Counts counts = counts_of(admin_);
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait(), 0);
  std::vector<std::string> reader{"python3", "-c", kReader};
  reader.insert(reader.end(), files.begin(), files.end());
  const std::string read = run_program(reader).output;
  const std::uint64_t answered = requests_of(load);
  EXPECT_GT(answered, 1'000U) << load;
  EXPECT_EQ(counts.dropped, 0U);
  EXPECT_EQ(number_after(read, "lines="), counts.requests) << read;
  EXPECT_EQ(number_after(read, "distinct="), counts.requests) << read;
  EXPECT_EQ(number_after(read, "bad="), 0U) << read;
  // wrk leaves with a request on each connection, of which it does not speak.
  EXPECT_GE(counts.requests, answered);
  EXPECT_LE(counts.requests, answered + 32);
}

TEST_F(AccessLogged, AFullDiskHarmsNoRequestAndIsSaidOnce) {
  start("/dev/full");
  const std::string load = wrk(url());
  EXPECT_EQ(load.find("Socket errors"), std::string::npos) << load;
  EXPECT_EQ(load.find("Non-2xx"), std::string::npos) << load;
  EXPECT_EQ(counts_of(admin_).dropped, counts_of(admin_).requests);
  const std::string said = process_->output();
  const std::string complaint = "access log: cannot write to /dev/full: No space left on device\n";
  EXPECT_NE(said.find(complaint), std::string::npos) << said;
  EXPECT_EQ(said.find(complaint), said.rfind(complaint)) << said;
}

TEST_F(AccessLogged, OnStdoutBesideTheProgramsOwnWords) {
  start("stdout");
  EXPECT_EQ(run_program({"curl", "-sS", url() + "a?b"}).exit_code, 0);
  EXPECT_TRUE(process_->wait_for_output("\"path\":\"/a?b\"")) << process_->output();
  EXPECT_TRUE(process_->output().find("ready") < process_->output().find("{\"ts\":\""));
}

TEST(AccessLogPath, ThatCannotBeOpenedIsAnErrorAtStart) {
  const TempFolder folder;
  const auto config = folder.write(
      "sluice.yaml",
      "version: 1\naccess_log: { path: no/where.log }\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n"
      "upstreams: { a: { endpoints: [\"127.0.0.1:1\"] } }\nroutes: [{ split: { a: 1 } }]\n");
  const Finished finished = run_program({SLUICE_BINARY, "run", "-c", config.string()});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.output, "sluice: access_log: cannot open " +
                                 (folder / "no/where.log").string() +
                                 ": No such file or directory\n");
}

}  // namespace
}  // namespace sluice::test
