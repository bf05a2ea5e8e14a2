// The rows of an upstream's `outlier`.
#include "config/schema_parts.hpp"

namespace sluice::config {

using routing::OutlierSpec;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

void check_outlier(const Tree& tree, Reader& reader, OutlierSpec& it) {
  if (it.max_ejection >= it.base_ejection) return;
  reader.key_error(place_at(tree, "base_ejection"), "base_ejection",
                   "base_ejection must not be longer than max_ejection");
}

}  // namespace

Codec<OutlierSpec> outlier_codec() {
  using O = OutlierSpec;
  return object<O>(
      {.fields =
           {row("consecutive_failures", &O::consecutive_failures, integer(0, 1'000'000),
                "An endpoint that failed this many requests in a row is ejected; 0: it does not "
                "matter. A failure is a connection that cannot be opened, is reset or answers too "
                "late, a response that is cut or makes no sense, and, with server_errors, a 5xx."),
            row("server_errors", &O::server_errors, boolean(),
                "Responses with a status of 5xx are failures."),
            row("min_requests", &O::min_requests, integer(0, 1'000'000'000),
                "Endpoints with at least this many requests in an interval are compared: one that "
                "fails more of them than its neighbours, beyond chance (one comparison is wrong "
                "with a probability below 0.00000001), is ejected. 0: they are not compared."),
            row("interval", &O::interval, duration(milliseconds(1'000), hours(24)),
                "How long requests are counted for that."),
            row("base_ejection", &O::base_ejection, duration(milliseconds(1), hours(24)),
                "How long an ejected endpoint gets no requests. Twice as long each time it has not "
                "been back for as long as it was away."),
            row("max_ejection", &O::max_ejection, duration(milliseconds(1), hours(24)),
                "The longest ejection."),
            row("max_ejected", &O::max_ejected, ratio(),
                "How many of the upstream's endpoints may be ejected at a time; one of two or more "
                "whatever the share, unless it is 0%. The last that is fit is ejected only with "
                "100%.")},
       .check = check_outlier});
}

}  // namespace sluice::config
