-- Posts the action named by the first argument, or reads the count; prints one line of figures.
local action

function init(args)
  action = args[1]
  if action ~= "get" then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = '{"action":"' .. action .. '"}'
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("FIGURES %d %.2f %.2f %d %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.requests, errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
