-- Requests at a fixed mean rate: each connection pauses for an exponential time between two
-- requests. usage: wrk ... -s paced.lua -- MEAN_PAUSE_MS
local mean = 10

function init(args)
  mean = tonumber(args[1]) or 10
  math.randomseed(tonumber(args[2]) or 1)
end

function delay()
  return math.floor(-mean * math.log(1 - math.random()) + 0.5)
end
