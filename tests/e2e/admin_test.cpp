// What operators do while the proxy runs, and what is left of it after kill -9.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

// Nothing needs to answer behind it.
const char* const kShop =
    "state: { path: state.db }\n"
    "upstreams: { blue: { endpoints: [\"127.0.0.1:1\"] }, canary: { endpoints: [\"127.0.0.1:2\"] } "
    "}\n"
    "routes: [{ name: shop, split: { blue: 90, canary: 10 } }]\n";

struct Answer {
  int status = 0;  // 0: none
  std::string head;
  std::string body;
};

// One client of the admin API, over a connection that it keeps.
class Operator {
 public:
  Operator(const Program& program, std::string token)
      : wire_(Wire::connect(program.admin_port())), token_(std::move(token)) {}

  Answer ask(const std::string& method, const std::string& path, const std::string& body = "",
             const std::string& more = "") {
    post(method, path, body, more);
    return answer();
  }
  void post(const std::string& method, const std::string& path, const std::string& body,
            const std::string& more) {
    wire_.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
               token_ + "\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n" + more + "\r\n" + body);
  }
  Answer answer() {
    const WireMessage message = wire_.read_message();
    if (message.head.empty()) return {};
    return {message.status(), message.head, message.body};
  }
  Answer put(int blue, int canary, const std::string& if_match = "*") {
    return ask("PUT", "/api/v1/routes/shop/weights",
               "{\"weights\":{\"blue\":" + std::to_string(blue) +
                   ",\"canary\":" + std::to_string(canary) + "}}",
               "If-Match: " + if_match + "\r\n");
  }
  // "blue=90 canary=10"
  std::string weights() {
    const std::string body = ask("GET", "/api/v1/routes/shop/weights").body;
    return "blue=" + number_after(body, "\"blue\":") +
           " canary=" + number_after(body, "\"canary\":");
  }
  std::string tag() {
    const std::string head = ask("GET", "/api/v1/routes/shop/weights").head;
    const std::size_t at = head.find("ETag: ") + 6;
    return head.substr(at, head.find('\r', at) - at);
  }

  static std::string number_after(const std::string& text, const std::string& label) {
    const std::size_t at = text.find(label);
    if (at == std::string::npos) return "?";
    const std::size_t begin = at + label.size();
    return text.substr(begin, text.find_first_not_of("0123456789", begin) - begin);
  }

 private:
  Wire wire_;
  std::string token_;
};

std::string text_after(const std::string& text, const std::string& label, std::size_t from) {
  const std::size_t at = text.find(label, from);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + label.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

// ---- item 2: two writers, and the audit --------------------------------------------------------

TEST(Admin, OfTwoWritersWithOneTagOneWins) {
  const TempFolder folder;
  const Program program(folder, kShop);
  Operator ann(program, program.admin_token()), bob(program, program.admin_token());
  const std::string tag = ann.tag();
  EXPECT_EQ(ann.put(70, 30, tag).status, 200);
  EXPECT_EQ(bob.put(10, 90, tag).status, 412);
  EXPECT_EQ(ann.weights(), "blue=70 canary=30");
}

// Reads the whole audit, oldest first, and follows the changes of the route.
std::string replay(Operator& reader) {
  std::vector<std::pair<std::string, std::string>> changes;  // newest first
  for (std::string before = "9000000000000000000";;) {
    const std::string body = reader.ask("GET", "/api/v1/audit?limit=1000&before=" + before).body;
    std::size_t rows = 0;
    for (std::size_t at = body.find("{\"id\":"); at != std::string::npos;
         at = body.find("{\"id\":", at + 1), ++rows) {
      before = Operator::number_after(body.substr(at, 40), "\"id\":");
      const std::string row = body.substr(at, body.find('}', at) - at);
      if (row.find("\"result\":\"done\"") == std::string::npos) continue;
      changes.emplace_back(text_after(row, "\"before\":\"", 0), text_after(row, "\"after\":\"", 0));
    }
    if (rows < 1000) break;
  }
  std::string state = "blue=90 canary=10";
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    EXPECT_EQ(change->first, state);
    state = change->second;
  }
  return state;
}

TEST(Admin, TheAuditReplaysToTheFinalState) {
  const TempFolder folder;
  const Program program(folder, kShop);
  const std::string token = program.admin_token();
  std::atomic<int> done{0}, stale{0}, other{0};
  std::vector<std::thread> writers;
  for (unsigned writer = 0; writer < 8; ++writer)
    writers.emplace_back([&, writer] {
      Operator one(program, token);
      std::mt19937 random(writer);
      for (int i = 0; i < 1'250; ++i) {
        const std::string tag = i % 2 == 0 ? one.tag() : "*";
        const int status =
            one.put(static_cast<int>(random() % 100) + 1, static_cast<int>(random() % 100), tag)
                .status;
        ++(status == 200 ? done : status == 412 ? stale : other);
      }
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(other, 0);
  EXPECT_EQ(done + stale, 10'000);
  EXPECT_GT(done, 5'000);
  Operator reader(program, token);
  EXPECT_EQ(replay(reader), reader.weights());
}

// ---- a write that is sent again ----------------------------------------------------------------

TEST(Admin, AWriteWithAKeyIsDoneOnce) {
  const TempFolder folder;
  const Program program(folder, kShop);
  Operator ann(program, program.admin_token()), bob(program, program.admin_token());
  const std::string path = "/api/v1/routes/shop/weights";
  const std::string first = R"({"weights":{"blue":1,"canary":1}})";
  const std::string key = "If-Match: *\r\nIdempotency-Key: 8e03978e\r\n";
  const Answer done = ann.ask("PUT", path, first, key);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.head.find("Idempotency-Replayed"), std::string::npos);
  EXPECT_EQ(bob.put(5, 5).status, 200);
  const Answer again = bob.ask("PUT", path, first, key);
  EXPECT_EQ(again.status, 200);
  EXPECT_NE(again.head.find("Idempotency-Replayed: true\r\n"), std::string::npos);
  EXPECT_EQ(again.body, done.body);
  EXPECT_EQ(ann.weights(), "blue=5 canary=5") << "and was not done again";
  EXPECT_EQ(ann.ask("PUT", path, R"({"weights":{"blue":2}})", key).status, 422);
  EXPECT_EQ(ann.ask("PUT", path, first, "If-Match: *\r\nIdempotency-Key: a b\r\n").status, 400);
  EXPECT_EQ(ann.weights(), "blue=5 canary=5");
}

TEST(Admin, OfTwoAtOnceWithOneKeyOneIsDone) {
  const TempFolder folder;
  const Program program(folder, kShop);
  std::map<int, int> statuses;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (int round = 0; statuses[409] == 0 && std::chrono::steady_clock::now() < until; ++round) {
    std::vector<Operator> writers;
    for (int i = 0; i < 4; ++i) writers.emplace_back(program, program.admin_token());
    const std::string head = "If-Match: *\r\nIdempotency-Key: " + std::to_string(round) + "\r\n";
    for (Operator& writer : writers)
      writer.post("PUT", "/api/v1/routes/shop/weights", R"({"weights":{"blue":1}})", head);
    for (Operator& writer : writers) ++statuses[writer.answer().status];
  }
  EXPECT_GT(statuses[409], 0);
  EXPECT_GT(statuses[200], 0);
  EXPECT_EQ(statuses.size(), 2U);
}

// ---- item 3: kill -9 ---------------------------------------------------------------------------

TEST(Admin, TheLastAcknowledgedChangeOutlivesAHundredKills) {
  const TempFolder folder;
  Program program(folder, kShop);
  std::mt19937 random(7);
  std::string acknowledged = "blue=90 canary=10";
  int acknowledgements = 0;
  for (int round = 0; round < 100; ++round) {
    std::string asked = acknowledged;
    std::atomic<bool> killed{false};
    std::thread writer([&, token = program.admin_token(), seed = random()] {
      Operator one(program, token);
      std::mt19937 mine(seed);
      while (!killed) {
        const int blue = static_cast<int>(mine() % 1'000) + 1,
                  canary = static_cast<int>(mine() % 1'000);
        asked = "blue=" + std::to_string(blue) + " canary=" + std::to_string(canary);
        if (one.put(blue, canary).status != 200) return;
        acknowledged = asked;
        ++acknowledgements;
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    program.process().signal(SIGKILL);
    killed = true;
    writer.join();
    program.kill_and_restart();
    Operator one(program, program.admin_token());
    const std::string found = one.weights();
    EXPECT_TRUE(found == acknowledged || found == asked)
        << round << ": " << found << ", acknowledged " << acknowledged << ", asked " << asked;
    acknowledged = found;
  }
  EXPECT_GT(acknowledgements, 100) << "or it has tried nothing";
}

// ---- item 4: restart, reload, for a while ------------------------------------------------------

TEST(Admin, WeightsOutliveARestartAndTheFileWinsWhenItChanges) {
  const TempFolder folder;
  Program program(folder, kShop);
  EXPECT_EQ(program.verb({"weights", "set", "shop", "blue=70", "canary=30"}).exit_code, 0);
  program.kill_and_restart();
  EXPECT_NE(program.verb({"weights", "get", "shop"}).output.find("route shop: blue=70 canary=30"),
            std::string::npos);
  program.reload(kShop);
  EXPECT_NE(
      program.verb({"status"})
          .output.find("route shop: blue=70 canary=30 (by api, configured blue=90 canary=10)"),
      std::string::npos);
  std::string changed = kShop;
  changed.replace(changed.find("blue: 90"), 8, "blue: 80");
  program.reload(changed);
  EXPECT_NE(program.verb({"status"}).output.find("route shop: blue=80 canary=10 (by config)"),
            std::string::npos);
  EXPECT_TRUE(
      program.says("weights of route shop: the file changed, so it wins: blue=80 canary=10 "
                   "instead of blue=70 canary=30"));
  EXPECT_NE(program.verb({"audit"}).output.find("[done]  the configured weights changed"),
            std::string::npos);
}

TEST(Admin, AChangeForAWhileEndsAlsoAcrossARestart) {
  const TempFolder folder;
  Program program(folder, kShop);
  const auto returned = [&] {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    Operator one(program, program.admin_token());
    while (one.weights() != "blue=90 canary=10")
      if (std::chrono::steady_clock::now() > until) return false;
    return true;
  };
  const std::vector<std::string> words{"weights", "set", "shop", "canary=1", "--for", "1s"};
  EXPECT_EQ(program.verb(words).exit_code, 0);
  EXPECT_TRUE(returned());
  EXPECT_EQ(program.verb(words).exit_code, 0);
  program.kill_and_restart();
  EXPECT_TRUE(returned());
}

// ---- the file, looked at and read anew
// -----------------------------------------------------------

std::string with_blue(const std::string& weight) {
  std::string text = kShop;
  return text.replace(text.find("blue: 90"), 8, "blue: " + weight);
}

TEST(Admin, TheFileIsWatched) {
  namespace fs = std::filesystem;
  const TempFolder folder;
  const Program program(folder, kShop);
  program.write(with_blue("80"));
  EXPECT_TRUE(program.says("reloaded: generation", 1));
  // As an editor does.
  fs::rename(folder / "sluice.yaml", folder / "old");
  program.write(with_blue("70"));
  fs::rename(folder / "sluice.yaml", folder / "new");
  fs::copy_file(folder / "old", folder / "sluice.yaml");
  fs::rename(folder / "new", folder / "sluice.yaml");
  EXPECT_TRUE(program.says("reloaded: generation", 2));
  EXPECT_NE(program.verb({"status"}).output.find("route shop: blue=70 canary=10"),
            std::string::npos);
  // The same content again is no change; a mistake is none that is served.
  program.write(with_blue("70"));
  program.write(with_blue("[]"));
  EXPECT_TRUE(program.says("reload refused"));
  EXPECT_NE(program.verb({"status"}).output.find("route shop: blue=70 canary=10"),
            std::string::npos);
  EXPECT_EQ(program.process_output().find("reloaded: generation",
                                          program.process_output().rfind("reload refused")),
            std::string::npos);
}

// Kubernetes: sluice.yaml -> ..data/sluice.yaml, ..data -> ..v1, swapped as a whole.
TEST(Admin, AConfigMapIsSwappedAsAWhole) {
  namespace fs = std::filesystem;
  const TempFolder folder;
  const Program program(folder, kShop);
  const auto version = [&](const std::string& name, const std::string& blue) {
    program.write(with_blue(blue));
    fs::create_directory(folder / name);
    fs::rename(folder / "sluice.yaml", folder / (name + "/sluice.yaml"));
  };
  version("..v1", "80");
  fs::create_symlink("..v1", folder / "..data");
  fs::create_symlink("..data/sluice.yaml", folder / "sluice.yaml");
  EXPECT_TRUE(program.says("reloaded: generation", 1)) << program.process_output();
  fs::rename(folder / "sluice.yaml", folder / "link");
  version("..v2", "70");
  fs::rename(folder / "link", folder / "sluice.yaml");
  fs::create_symlink("..v2", folder / "..data_tmp");
  fs::rename(folder / "..data_tmp", folder / "..data");
  EXPECT_TRUE(program.says("reloaded: generation", 2)) << program.process_output();
  EXPECT_NE(program.verb({"status"}).output.find("route shop: blue=70 canary=10"),
            std::string::npos);
}

TEST(Admin, ShowsJudgesAndReloadsTheConfiguration) {
  const TempFolder folder;
  const Program program(folder, kShop);
  Operator ann(program, program.admin_token());
  const Answer shown = ann.ask("GET", "/api/v1/config");
  EXPECT_EQ(shown.status, 200);
  EXPECT_NE(shown.body.find("drain_timeout: 30s"), std::string::npos) << "every default";
  EXPECT_EQ(ann.ask("POST", "/api/v1/config/validate", "version: 1\n").status, 415);
  const auto validate = [&](const std::string& text) {
    folder.write("body.yaml", text);
    return run_program({"curl", "-sS", "-H", "Content-Type: application/yaml", "--data-binary",
                        "@" + (folder / "body.yaml").string(),
                        "http://127.0.0.1:" + std::to_string(program.admin_port()) +
                            "/api/v1/config/validate"})
        .output;
  };
  EXPECT_EQ(validate(shown.body), "{\"valid\":true}\n") << "what is shown is a configuration";
  EXPECT_NE(validate("version: 1\nlistener: []\n").find("did you mean 'listeners'?"),
            std::string::npos);
  EXPECT_NE(program.verb({"reload"}).output.find(" is served"), std::string::npos);
  program.write("routes: 7\n");
  const Finished refused = program.verb({"reload"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.output.find("the configuration has errors"), std::string::npos);
  EXPECT_NE(program.metrics().find("sluice_config_last_reload_successful 0"), std::string::npos);
}

TEST(Admin, ExplainsWhereARequestWouldGo) {
  const TempFolder folder;
  const Program program(
      folder,
      "upstreams: { blue: { endpoints: [\"127.0.0.1:1\"] }, canary: { endpoints: "
      "[\"127.0.0.1:2\"] } }\nroutes: [{ name: shop, match: { path: { prefix: /cart } }, "
      "overrides: [{ header: { name: x-group, exact: testers }, upstream: canary }], "
      "split: { blue: 1, canary: 0 } }]\n");
  EXPECT_NE(program.verb({"explain", "GET", "http://a.example/cart?x=1"})
                .output.find("route shop -> upstream blue -> endpoint 127.0.0.1:1\n  by weight"),
            std::string::npos);
  EXPECT_NE(program.verb({"explain", "GET", "/cart/", "-H", "X-Group: testers"})
                .output.find("upstream canary -> endpoint 127.0.0.1:2\n  by override"),
            std::string::npos);
  EXPECT_EQ(program.verb({"explain", "GET", "/elsewhere"}).output, "nowhere: no_route\n");
  EXPECT_EQ(program.verb({"explain", "GET", "/a%zz"}).exit_code, 1);
}

TEST(Admin, WeightsAreMetrics) {
  const TempFolder folder;
  const Program program(folder, kShop);
  EXPECT_EQ(program.verb({"weights", "set", "shop", "blue=75", "canary=25"}).exit_code, 0);
  const std::string text = program.metrics();
  for (const char* line :
       {"sluice_split_weight_ratio{route=\"shop\",upstream=\"canary\"} 0.25\n",
        "sluice_split_configured_weight_ratio{route=\"shop\",upstream=\"canary\"} 0.1\n",
        "sluice_weight_changes_total{route=\"shop\",source=\"api\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

// ---- item 5: who does not belong ---------------------------------------------------------------

// Another one than `before`: it is written after the answer.
std::string newest_row(Operator& reader, const std::string& before = "") {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::string row;
  do {
    row = reader.ask("GET", "/api/v1/audit?limit=1").body;
  } while (!before.empty() && row == before && std::chrono::steady_clock::now() < until);
  return row;
}

TEST(Admin, TurnsAwayWhoDoesNotBelongAndWritesItDown) {
  const TempFolder folder;
  const Program program(folder, kShop);
  const std::string url = "http://127.0.0.1:" + std::to_string(program.admin_port());
  const std::string weights = url + "/api/v1/routes/shop/weights";
  const std::string body = R"({"weights":{"blue":1}})";
  const std::string bearer = "Authorization: Bearer " + program.admin_token();
  const std::string json = "Content-Type: application/json";
  std::string deep(200, '[');
  const struct {
    const char* name;
    std::vector<std::string> words;
    const char* status;
    bool audited = true;  // as "refused: STATUS"
  } cases[] = {
      {"rebound name",
       {"-H", "Host: evil.example", "-H", bearer, "-H", json, "-X", "PUT", "-d", body, weights},
       "421"},
      {"another origin",
       {"-H", "Origin: http://evil.example", "-H", bearer, "-H", json, "-X", "PUT", "-d", body,
        weights},
       "403"},
      {"no origin at all",
       {"-H", "Origin: null", "-H", bearer, "-H", json, "-X", "PUT", "-d", body, weights},
       "403"},
      {"another site", {"-H", "Sec-Fetch-Site: cross-site", url + "/api/v1/status"}, "403"},
      {"a form", {"-H", bearer, "-X", "PUT", "-d", body, weights}, "415"},
      {"no token", {"-H", json, "-X", "PUT", "-d", body, weights}, "401"},
      {"wrong token",
       {"-H", "Authorization: Bearer x", "-H", json, "-X", "PUT", "-d", body, weights},
       "401"},
      {"wrong token, no such path", {"-H", "Authorization: Bearer x", url + "/nowhere"}, "401"},
      {"no such path", {"-H", bearer, url + "/nowhere"}, "404", false},
      {"no such route", {"-H", bearer, url + "/api/v1/routes/shoe/weights"}, "404", false},
      {"no If-Match", {"-H", bearer, "-H", json, "-X", "PUT", "-d", body, weights}, "428"},
      {"a key twice",
       {"-H", bearer, "-H", json, "-H", "If-Match: *", "-X", "PUT", "-d",
        R"({"weights":{"blue":1},"weights":{"canary":1}})", weights},
       "400"},
      {"no JSON",
       {"-H", bearer, "-H", json, "-H", "If-Match: *", "-X", "PUT", "-d", "{\"weights\":", weights},
       "400"},
      {"a request line that is none", {"-X", "G T", url + "/healthz"}, "400"},
      {"deep",
       {"-H", bearer, "-H", json, "-H", "If-Match: *", "-X", "PUT", "-d", deep, weights},
       "400"},
      {"an unknown member",
       {"-H", bearer, "-H", json, "-H", "If-Match: *", "-X", "PUT", "-d",
        R"({"weights":{"blue":1},"wieght":1})", weights},
       "422"},
      {"a huge exponent",
       {"-H", bearer, "-H", json, "-H", "If-Match: *", "-X", "PUT", "-d",
        R"({"weights":{"blue":1e999999999}})", weights},
       "422"},
      {"too much",
       {"-H", bearer, "-H", json, "-H", "Content-Length: 99999999", "-X", "PUT", "-d", body,
        weights},
       "413"},
      {"a dry run that is none",
       {"-H", bearer, "-H", json, "-H", "If-Match: *", "-X", "PUT", "-d", body,
        weights + "?dry_run=1"},
       "400"},
      {"through the data port", {"-H", "Via: 1.1 sluice", url + "/api/v1/status"}, "403"},
      {"another method", {"-H", bearer, "-X", "DELETE", weights}, "405"},
  };
  Operator ann(program, program.admin_token());
  for (const auto& it : cases) {
    const std::string before = newest_row(ann);
    std::vector<std::string> words{"curl", "-s",        "-m", "10",
                                   "-o",   "/dev/null", "-w", "%{http_code}"};
    words.insert(words.end(), it.words.begin(), it.words.end());
    EXPECT_EQ(run_program(words).output, it.status) << it.name;
    if (!it.audited) continue;
    const std::string row = newest_row(ann, before);
    EXPECT_NE(row.find("\"result\":\"refused: " + std::string(it.status)), std::string::npos)
        << it.name << ": " << row;
  }
  EXPECT_EQ(ann.weights(), "blue=90 canary=10");
  EXPECT_EQ(ann.ask("GET", "/api/v1/audit").body.find(program.admin_token()), std::string::npos);
}

// Nobody is shut out by those who say nothing.
TEST(Admin, IsReachedBesideAThousandWhoAreSilent) {
  const TempFolder folder;
  const Program program(folder, kShop);
  std::vector<Wire> silent;
  for (int i = 0; i < 1'000; ++i) silent.push_back(Wire::connect(program.admin_port()));
  for (Wire& one : silent) one.send("P");
  EXPECT_EQ(program.verb({"weights", "set", "shop", "blue=1"}).exit_code, 0);
}

TEST(Admin, GuessingIsBoundedAndLocksNobodyOut) {
  const TempFolder folder;
  const Program program(folder, kShop);
  Operator guesser(program, "wrong");
  std::map<int, int> statuses;
  for (int i = 0; i < 1'000; ++i) ++statuses[guesser.ask("GET", "/api/v1/status").status];
  EXPECT_EQ(statuses[401], 10);
  EXPECT_EQ(statuses[429], 990);
  Operator ann(program, program.admin_token());
  const auto lines = [&] {
    const std::string audit = ann.ask("GET", "/api/v1/audit?limit=1000").body;
    std::size_t count = 0;
    for (const char* result : {"refused: 401", "refused: 429"})
      for (std::size_t at = audit.find(result); at != std::string::npos;
           at = audit.find(result, at + 1))
        ++count;
    return count;
  };
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (lines() < 1'000 && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_EQ(lines(), 1'000U) << "each has a line";
  EXPECT_EQ(ann.put(1, 1).status, 200);
}

TEST(Admin, RolesAndTheirFile) {
  const TempFolder folder;
  const auto made = [&](const char* name, const char* role) {
    const std::string both = run_program({SLUICE_BINARY, "token", "new", name, role}).output;
    const std::string label = "token (shown once): ";
    const std::size_t at = both.find(label);
    const std::string token =
        both.substr(at + label.size(), both.find('\n', at) - at - label.size());
    std::string line = both.substr(0, at);
    if (line.empty()) line = both.substr(both.find('\n', at) + 1);
    return std::pair{token, line};
  };
  const auto [viewer, viewer_line] = made("vic", "viewer");
  const auto [operating, operator_line] = made("olga", "operator");
  folder.write("tokens", viewer_line + operator_line);
  const Program program(folder, kShop, "tokens_file: tokens");
  Operator nobody(program, "x"), vic(program, viewer), olga(program, operating);
  EXPECT_EQ(nobody.ask("GET", "/api/v1/status").status, 401);
  EXPECT_EQ(vic.ask("GET", "/api/v1/status").status, 200);
  const std::string before = newest_row(olga);
  EXPECT_EQ(vic.put(1, 1).status, 403);
  const std::string row = newest_row(olga, before);
  EXPECT_NE(row.find("\"actor\":\"vic\""), std::string::npos) << row;
  EXPECT_NE(row.find("refused: 403"), std::string::npos) << row;
  EXPECT_EQ(olga.put(1, 1).status, 200);
  EXPECT_EQ(program.process_output().find("admin token"), std::string::npos);
  folder.write("tokens", viewer_line);
  EXPECT_EQ(olga.put(1, 2).status, 401) << "revoked";
  EXPECT_EQ(vic.ask("GET", "/api/v1/status").status, 200);
  std::filesystem::remove(folder / "tokens");
  std::filesystem::create_directory(folder / "tokens");
  EXPECT_EQ(vic.ask("GET", "/api/v1/status").status, 401) << "and it lives";
}

}  // namespace
}  // namespace sluice::test
