#pragma once
// One client against one snapshot after another, with its cookie.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/routing/compiled.hpp"

namespace sluice::routing::testing {

inline constexpr std::uint64_t kNow = 1'700'000'000;

// One client against one snapshot after another, as a browser sees them: it keeps its cookie.
class Client {
 public:
  explicit Client(const CompileInput& in, std::uint64_t seed = 1) : worker_(seed) { publish(in); }

  void publish(const CompileInput& in) {
    snapshot_ = compiled(in);
    kept().push_back(snapshot_);
    worker_.adopt(*snapshot_);
  }

  Decision ask(std::vector<Field> fields = {}, std::uint64_t now = kNow,
               std::string_view client_ip = "192.0.2.1") {
    if (!cookie_.empty()) fields.push_back({"Cookie", cookie_});
    RequestFacts facts;
    facts.method = "GET";
    facts.host = "shop.example";
    facts.path = "/cart";
    facts.client_ip = client_ip;
    facts.fields = fields;
    const Decision decision = decide(*snapshot_, worker_, facts, now);
    if (decision.set_cookie) keep(decision, now);
    return decision;
  }

  std::map<std::string, int> count(int times) {
    std::map<std::string, int> counts;
    for (int i = 0; i < times; ++i) {
      forget();
      const Decision decision = ask();
      ++counts[decision.upstream ? decision.upstream->name : "none"];
    }
    return counts;
  }

  void forget() { cookie_.clear(); }
  std::string& cookie() { return cookie_; }
  const Snapshot& snapshot() const { return *snapshot_; }

 private:
  // Decisions point into snapshots; the cases look at them after the client is gone.
  static std::vector<std::shared_ptr<const Snapshot>>& kept() {
    static std::vector<std::shared_ptr<const Snapshot>> all;
    return all;
  }

  void keep(const Decision& decision, std::uint64_t now) {
    std::string field;
    append_set_cookie(decision, now, false, field);
    cookie_ = field.substr(12, field.find(';') - 12);
  }

  WorkerDraw worker_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::string cookie_;
};

inline CompileInput sticky_shop(std::vector<WeightSpec> split) {
  CompileInput in = shop(std::move(split));
  in.spec.routes[0].sticky = StickySpec{};
  return in;
}

}  // namespace sluice::routing::testing
