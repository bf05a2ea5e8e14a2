-- Mixed traffic: GETs with and without cookies and headers, POSTs from 1 B to 10 MiB, HEADs.
-- Each answer is counted by status; the summary prints how many were not 2xx.
local requests = {}
local sizes = { 1, 100, 1000, 10000, 100000, 1000000, 10 * 1024 * 1024 }
local weights = { 40, 30, 15, 10, 4, 0.9, 0.1 }
local threads = {}
bad = 0

local function body_of(index)
  return string.rep("x", sizes[index])
end

local function pick_size()
  local draw = math.random() * 100
  for index, weight in ipairs(weights) do
    draw = draw - weight
    if draw <= 0 then return index end
  end
  return 1
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  math.randomseed(os.time())
  for index = 1, #sizes do
    requests[index] = wrk.format("POST", "/post/" .. sizes[index], nil, body_of(index))
  end
end

function request()
  local draw = math.random(100)
  if draw <= 60 then
    return wrk.format("GET", "/get?n=" .. draw, { ["X-User-Id"] = "user-" .. math.random(10000) })
  elseif draw <= 75 then
    return wrk.format("GET", "/cookie", { ["Cookie"] = "a=1; theme=dark; session=" .. math.random(1e9) })
  elseif draw <= 80 then
    return wrk.format("HEAD", "/head")
  end
  return requests[pick_size()]
end

function response(status)
  if status < 200 or status > 299 then bad = bad + 1 end
end

function done(summary, latency)
  local total = 0
  for _, thread in ipairs(threads) do total = total + (thread:get("bad") or 0) end
  io.write(string.format("not 2xx: %d of %d\n", total, summary.requests))
end
