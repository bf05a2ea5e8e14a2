-- As paced.lua, and says what came of it:
-- "shifts requests=... seconds=... failed=... resets=... p50_us=... p99_us=... max_us=..."
local mean = 10

function init(args)
  mean = tonumber(args[1]) or 10
  math.randomseed(1)
end

function delay()
  return math.floor(-mean * math.log(1 - math.random()) + 0.5)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("shifts requests=%d seconds=%.3f failed=%d resets=%d p50_us=%d p99_us=%d max_us=%d\n",
    summary.requests, summary.duration / 1e6, errors.status + errors.timeout + errors.connect,
    errors.read + errors.write, latency:percentile(50), latency:percentile(99), latency.max))
end
