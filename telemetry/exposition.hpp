#pragma once
// Everything that a scrape sees, gathered from its sources.
//
// Thread: add() before the first text(); text() on any one thread at a time. Path: cold.
#include <memory>
#include <string>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace sluice::telemetry {

class Exposition {
 public:
  void add(std::shared_ptr<const prometheus::Collectable> source) {
    sources_.push_back(std::move(source));
  }

  // Invariant: families are ordered by name, samples by their labels; two sources that know one
  //            family give one, since a second TYPE line would make the whole scrape invalid.
  std::vector<prometheus::MetricFamily> gather() const;
  std::string text() const;

 private:
  std::vector<std::shared_ptr<const prometheus::Collectable>> sources_;
};

}  // namespace sluice::telemetry
