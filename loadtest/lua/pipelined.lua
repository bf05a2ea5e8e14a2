-- Sixteen GETs in one write, answered in order.
local batch

function init()
  local requests = {}
  for index = 1, 16 do requests[index] = wrk.format("GET", "/pipelined/" .. index) end
  batch = table.concat(requests)
end

function request()
  return batch
end
