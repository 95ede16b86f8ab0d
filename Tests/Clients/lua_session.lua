-- Plays the scenario (README.md) through luasql: lua5.4 lua_session.lua
--
-- It binds nothing and tells no numbers of errors: those parts are left out. Where the server is
-- stands in the environment. Exit codes: 0 played to its end, 1 an error, 77 luasql is missing.
local found, luasql = pcall(require, "luasql.mysql")
if not found then
  io.stderr:write("luasql is not installed\n")
  os.exit(77)
end

local function setting(name, otherwise)
  local value = os.getenv("BOREAL_" .. name)
  return value and value ~= "" and value or otherwise or ""
end

local folder = (arg[0]:match("^.*/") or "./") .. "scenario/"
local database = setting("DATABASE", "clients")

-- The statements of each part of statements.txt, by its name.
local sql, part = {}, nil
for line in io.lines(folder .. "statements.txt") do
  local name = line:match("^%-%- (.*)")
  if name then
    part = {}
    sql[name] = part
  else
    local words = { LOAD = folder .. "load.csv", MODEL = database .. "_model", DATABASE = database }
    part[#part + 1] = line:gsub("@(%u+)@", words)
  end
end

local kinds = {}
do
  local lines = io.lines(folder .. "rows.tsv")
  lines()
  for kind in lines():gmatch("[^\t]+") do kinds[#kinds + 1] = kind end
end

local environment = luasql.mysql()
local connection = assert(environment:connect(
  "", setting("USER", "root"), setting("PASSWORD"), setting("HOST", "127.0.0.1"),
  tonumber(setting("PORT", "3307"))))

local function ask(text) return assert(connection:execute(text)) end

local function canonical(value, kind)
  if value == nil then return "NULL" end
  if kind == "bytes" or kind == "bit" then
    return (value:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
  end
  return tostring(value)
end

local function show(name, ...)
  local cells = { name }
  for index = 1, select("#", ...) do cells[#cells + 1] = canonical((select(index, ...))) end
  print(table.concat(cells, "\t"))
end

local function show_all(name, text, types)
  local cursor = ask(text)
  local width = #cursor:getcolnames()
  local row = cursor:fetch({}, "n")
  while row do
    local cells = { name }
    for index = 1, width do
      cells[#cells + 1] = canonical(row[index], types and types[index])
    end
    print(table.concat(cells, "\t"))
    row = cursor:fetch({}, "n")
  end
  cursor:close()
end

local function cell(text, column)
  local cursor = ask(text)
  local row = cursor:fetch({}, "n")
  cursor:close()
  return row[column or 1]
end

ask("DROP DATABASE IF EXISTS " .. database)
ask("CREATE DATABASE " .. database .. " CHARACTER SET utf8mb4")
ask("USE " .. database)
ask("SET NAMES utf8mb4")
show_all("hello", sql.hello[1])
show("wire", cell("SHOW STATUS LIKE 'Ssl_cipher'", 2) == "" and "off" or "on",
  cell("SHOW STATUS LIKE 'Compression'", 2))
for _, text in ipairs(sql.schema) do ask(text) end
show_all("text", sql.text[1], kinds)
show_all("stored", sql.stored[1])
show("changed", math.tointeger(ask(sql.changed[1])), connection:getlastautoid())

connection:setautocommit(false)
ask(sql.transaction[1])
connection:rollback()
local gone = cell(sql.transaction[2])
ask(sql.transaction[1])
connection:commit()
connection:rollback()
show("transaction", gone, cell(sql.transaction[2]))
connection:setautocommit(true)

show("load", math.tointeger(ask(sql.load[1])))
show_all("loaded", sql.load[2])
local count, total = 0, 0
local cursor = ask(sql.stream[1])
local row = cursor:fetch({}, "n")
while row do
  count, total = count + 1, total + math.tointeger(row[1])
  row = cursor:fetch(row, "n")
end
cursor:close()
show("stream", count, total)

if not arg[1] then
  local create, fill, train, state, predict, drop = table.unpack(sql.model)
  ask(create)
  ask(fill)
  ask(train)
  local limit, status = os.time() + 60, nil
  while status ~= "saved" and status ~= "failed" and os.time() < limit do
    status = cell(state)
  end
  show("model", status)
  show_all("predict", (predict:gsub("%?", "5", 1):gsub("%?", "150", 1)))
  ask(drop)
end
ask("DROP DATABASE " .. database)
connection:close()
environment:close()
