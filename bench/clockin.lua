-- Asks as one signed-in user after the other. Arguments: what to ask, a file of tokens, and which of them to begin with.
local method, path, tokens, next = "GET", "/api/user", {}, 0

function init(args)
  if args[1] == "clockin" then method, path = "POST", "/api/clockin" end
  if args[1] == "state" then path = "/api/clockin" end
  if args[1] == "month" then path = "/api/clockin/days" end
  if args[1] == "wards" then path = "/api/wards" end
  for token in io.lines(args[2]) do tokens[#tokens + 1] = token end
  next = tonumber(args[3])
end

function request()
  next = next + 1
  return wrk.format(method, path, { Authorization = "Bearer " .. tokens[next % #tokens + 1] })
end

dofile("bench/figures.lua")
