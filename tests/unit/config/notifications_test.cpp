// The rows of `notifications`.
#include <gtest/gtest.h>

#include "config/render.hpp"
#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

const World kWorld{
    .variables = {},
    .files = {{"/etc/sluice/hook.key", "swordfish\nmore\n"}, {"/etc/sluice/empty.key", "\n"}}};

TEST(Notifications, HaveDefaultsAndNeverShowTheirSecret) {
  const auto loaded = load(with_top(R"(notifications:
  - { url: "https://hooks.example/x", secret_file: hook.key }
  - { url: "http://[::1]:80/y?a=b", format: slack, events: [reversion, switch] }
)"),
                           kWorld);
  ASSERT_TRUE(loaded.ok()) << format_text(loaded.error());
  const auto& [signs, slack] = std::tie(loaded->notifications.at(0), loaded->notifications.at(1));
  EXPECT_EQ(signs.secret_file, "/etc/sluice/hook.key");
  EXPECT_EQ(signs.secret, "swordfish");
  EXPECT_EQ(signs.format, notify::Format::cloudevents);
  EXPECT_EQ(signs.events.size(), 6U);
  EXPECT_EQ(slack.format, notify::Format::slack);
  EXPECT_EQ(slack.events, (std::vector<std::string>{"reversion", "switch"}));
  const std::string shown = render(*loaded, Detail::everything);
  EXPECT_EQ(shown.find("swordfish"), std::string::npos);
  const auto again = load(shown, kWorld);
  ASSERT_TRUE(again.ok()) << shown;
  EXPECT_EQ(again->notifications, loaded->notifications);
}

TEST(Notifications, AreRefusedWithAReason) {
  const struct {
    const char* row;
    const char* why;
  } cases[] = {
      {"{ format: slack }", "'url' is missing"},
      {"{ url: hooks.example }", "a URL begins with https:// or http://"},
      {"{ url: \"file:///etc/passwd\" }", "a URL begins with https:// or http://"},
      {"{ url: \"https:///x\" }", "the URL names no host"},
      {"{ url: \"https://a/b c\" }", "visible ASCII"},
      {"{ url: \"https://a\", format: teams }", "teams"},
      {"{ url: \"https://a\", events: [wieghts] }", "did you mean 'weights'"},
      {"{ url: \"https://a\", events: [] }", "at least one is needed"},
      {"{ url: \"https://a\", secret_file: no.key }", "cannot read"},
      {"{ url: \"https://a\", secret_file: /etc/sluice/empty.key }", "its first line is empty"},
      {"{ url: \"https://a\", format: pagerduty }", "needs a secret_file"},
  };
  for (const auto& it : cases) {
    const std::string said =
        errors(with_top("notifications: [" + std::string(it.row) + "]\n"), kWorld);
    EXPECT_NE(said.find(it.why), std::string::npos) << it.row << "\n" << said;
  }
}

}  // namespace
}  // namespace sluice::config
