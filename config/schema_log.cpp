// The rows of `access_log` and `tracing`.
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using telemetry::AccessLogSpec;
using telemetry::LogFormat;

void settle_path(const Tree&, Reader& reader, AccessLogSpec& it) {
  if (it.path == "stdout" || it.path == "stderr") return;
  it.path = resolve_file(it.path, reader.report().source().name());
}

}  // namespace

Codec<AccessLogSpec> access_log_codec() {
  using L = AccessLogSpec;
  return object<L>(
      {.fields =
           {row("path", &L::path, text("a file name, stdout or stderr", {}, check_file_name),
                "A file, named relative to the configuration file, or `stdout`, or `stderr`. USR1 "
                "opens a file again after it was moved away."),
            row("format", &L::format,
                choice<LogFormat>({{"json", LogFormat::json},
                                   {"combined", LogFormat::combined},
                                   {"off", LogFormat::off}}),
                "One JSON object a line, or the combined format of Apache and nginx, or nothing."),
            row("sample", &L::sample, ratio(),
                "Share of the requests that get a line, drawn by chance. A request that failed "
                "through no fault of its client gets one always.")},
       .check = settle_path});
}

Codec<telemetry::TracingSpec> tracing_codec() {
  using T = telemetry::TracingSpec;
  return object<T>(
      {.fields = {row("otlp", &T::otlp, text("a URL", {}, check_url),
                      "A collector that takes OTLP over HTTP in JSON; without a path, at "
                      "`/v1/traces`.",
                      {.required = true, .example = "\"http://127.0.0.1:4318\""}),
                  row("sample", &T::sample, ratio(),
                      "Share of the requests whose spans are recorded, drawn by chance. What a "
                      "trusted proxy has decided about its own stands."),
                  row("service", &T::service, text("a name", {}, check_name),
                      "What the collector knows this proxy as (`service.name`).")}});
}

}  // namespace sluice::config
