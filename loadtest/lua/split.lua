-- Counts by which upstream each answer came from (its X-Backend field or the first word of its
-- body) and prints the counts: "split blue=90012 canary=4991 green=4997 bad=0".
local threads = {}
counts = ""
local seen = {}
bad = 0

function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, body)
  if status ~= 200 then bad = bad + 1 end
  local name = headers["X-Backend"] or string.match(body, "^(%a+)") or "unknown"
  seen[name] = (seen[name] or 0) + 1
  local parts = {}
  for key, value in pairs(seen) do parts[#parts + 1] = key .. "=" .. value end
  counts = table.concat(parts, " ")
end

function done(summary)
  local total, wrong = {}, 0
  for _, thread in ipairs(threads) do
    for key, value in string.gmatch(thread:get("counts") or "", "(%a+)=(%d+)") do
      total[key] = (total[key] or 0) + tonumber(value)
    end
    wrong = wrong + (thread:get("bad") or 0)
  end
  local parts = {}
  for key, value in pairs(total) do parts[#parts + 1] = key .. "=" .. value end
  table.sort(parts)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("split %s bad=%d errors=%d\n", table.concat(parts, " "), wrong, failed))
end
