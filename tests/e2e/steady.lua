-- Some 2,000 requests a second over 64 connections, each of which waits for its answer. Prints how
-- they were answered: "steady 200=7980 504=20 errors=0".
local threads = {}
counts = ""
local seen = {}

function setup(thread)
  table.insert(threads, thread)
end

function delay()
  return 31
end

function response(status)
  seen[status] = (seen[status] or 0) + 1
  local parts = {}
  for key, value in pairs(seen) do parts[#parts + 1] = key .. "=" .. value end
  counts = table.concat(parts, " ")
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("steady %s errors=%d\n", threads[1]:get("counts") or "",
    errors.connect + errors.read + errors.write + errors.timeout))
end
