// Which commands lead to a new generation, and what it serves.
#include "control/control.hpp"

#include <gtest/gtest.h>

#include "tests/unit/routing/compiled.hpp"

namespace sluice::control {
namespace {

using routing::EndpointName;
using routing::Service;

const EndpointName kFirst{"blue", "10.0.1.1:80"};

class ControlTest : public ::testing::Test {
 protected:
  void apply() {
    const auto in = routing::testing::shop({{"blue", 1}});
    ASSERT_TRUE(control_.apply(in.spec, in.sticky_keys, {}).ok());
  }
  const routing::Upstream& blue() const { return control_.current()->upstreams[0]; }

  unsigned published_ = 0;
  Control control_{[this](auto, auto) { ++published_; }};
};

TEST_F(ControlTest, PublishesWhatChangesAnything) {
  apply();
  control_.judged({{kFirst, {.fit = false}}});
  EXPECT_EQ(published_, 2U);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1}));
  control_.judged({{kFirst, {.fit = false}}});
  EXPECT_EQ(published_, 2U) << "nothing new";
  control_.judged({});
  EXPECT_EQ(published_, 3U);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(ControlTest, AnOperatorsWordStandsBesideTheVerdicts) {
  apply();
  control_.assigned(kFirst, Service::active);
  EXPECT_EQ(published_, 1U) << "it is";
  control_.assigned(kFirst, Service::drain);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1}));
  EXPECT_TRUE(blue().endpoints[0].available) << "for its sessions";
  control_.judged({{kFirst, {.fit = false}}});
  EXPECT_FALSE(blue().endpoints[0].available);
  control_.judged({{kFirst, {.fit = true, .share = 0.5}}});
  EXPECT_TRUE(blue().endpoints[0].available);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1})) << "still draining";
  control_.assigned(kFirst, Service::down);
  EXPECT_FALSE(blue().endpoints[0].available);
  control_.assigned(kFirst, Service::active);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(ControlTest, WhatIsKnownBeforeTheFirstConfigurationCounts) {
  control_.judged({{kFirst, {.fit = false}}});
  control_.assigned({"blue", "10.0.1.2:80"}, Service::down);
  EXPECT_EQ(published_, 0U);
  apply();
  EXPECT_TRUE(blue().available.empty());
}

TEST_F(ControlTest, SurvivesAReload) {
  apply();
  control_.judged({{kFirst, {.fit = false}}});
  apply();
  EXPECT_EQ(published_, 3U);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace sluice::control
