-- Posts the action named by the first argument, or reads the count.
local action

function init(args)
  action = args[1]
  if action ~= "get" then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = '{"action":"' .. action .. '"}'
  end
end

dofile("bench/figures.lua")
