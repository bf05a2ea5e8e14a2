-- Each of wrk's connections asks, waits for the answer, then waits 60 ms, give or take half of it:
-- with 64 connections and answers of 10 ms about 900 requests a second, however they are answered.
function delay()
  return math.random(30, 90)
end
