-- Prints one line of figures: requests/s, p50 and p99 in ms, requests, errors. For wrk, which is run in the root folder.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("FIGURES %d %.2f %.2f %d %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.requests, errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
