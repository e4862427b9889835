/**
 * Lua by wasmoon: a fresh state each run, `require` between the lesson's files, and reading that waits.
 *
 * The program runs in a coroutine, so that `io.read` can wait for somebody who types.
 */
import { LuaFactory } from "wasmoon";
import { Runtime } from "../runtimes.ts";
import { serve } from "../serve.ts";

// wasmoon yields by Node's name for it.
const scope = globalThis as { setImmediate?: (task: () => void) => void };
scope.setImmediate ??= (task) => void setTimeout(task, 0);

const PROGRAM = `
local host, entry, files = host, entry, files
_G.host, _G.entry, _G.files = nil, nil, nil
local EXIT = {}
local function text(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  return parts
end
function print(...)
  host.out(table.concat(text(...), "\\t") .. "\\n")
end
local function writer(put)
  local file = {}
  function file:write(...) put(table.concat(text(...))) return file end
  function file:flush() return file end
  function file:setvbuf() return true end
  function file:close() return true end
  return file
end
io.stdout, io.stderr = writer(host.out), writer(host.err)
function io.write(...) return io.stdout:write(...) end
local function line()
  local typed = host.typed()
  if typed == nil then typed = host.read():await() end
  if typed == "" then return nil end
  return typed:sub(1, -2)
end
local function read_one(format)
  if type(format) == "number" then
    local got = line()
    return got and got:sub(1, format)
  end
  format = tostring(format or "l"):gsub("^%*", "")
  if format == "n" then
    local got = line()
    return got and tonumber(got)
  elseif format == "L" then
    local got = line()
    return got and got .. "\\n"
  elseif format == "a" then
    local all = {}
    for got in line do all[#all + 1] = got .. "\\n" end
    return table.concat(all)
  end
  return line()
end
function io.read(...)
  local formats, got = table.pack(...), {}
  if formats.n == 0 then return line() end
  for i = 1, formats.n do
    got[i] = read_one(formats[i])
    if got[i] == nil then break end
  end
  return table.unpack(got, 1, formats.n)
end
local open_lines = io.lines
function io.lines(name, ...)
  if name == nil then return line end
  return open_lines(name, ...)
end
io.stdin = { read = function(_, ...) return io.read(...) end, lines = function() return line end }
function os.exit(code)
  if code == nil or code == true then code = 0 elseif code == false then code = 1 end
  error(setmetatable({ code = code }, EXIT), 0)
end
table.insert(package.searchers, 2, function(name)
  local file = name:gsub("%.", "/") .. ".lua"
  local source = files(file)
  if source == nil then return "\\n\\tno file '" .. file .. "' in this lesson" end
  return assert(load(source, "@" .. file))
end)
local chunk, fault = load(files(entry), "@" .. entry)
if not chunk then host.err(fault .. "\\n") return 1 end
local ok, result = xpcall(chunk, function(fault)
  if getmetatable(fault) == EXIT then return fault end
  return debug.traceback(tostring(fault), 2)
end)
if ok then return 0 end
if getmetatable(result) == EXIT then return result.code end
local kept = {}
for part in result:gmatch("[^\\n]+") do
  if not part:find("[string", 1, true) and not part:find("[C]: in ?", 1, true) then kept[#kept + 1] = part end
end
host.err(table.concat(kept, "\\n") .. "\\n")
return 1
`;

serve({
  reusable: true,
  async load(progress) {
    const runtime = await Runtime.find("wasmoon");
    await runtime.fetch(["glue.wasm"], progress);
    const factory = new LuaFactory(runtime.url("glue.wasm"));
    await factory.getLuaModule();
    return factory;
  },
  async run(factory, { entry, files }, io) {
    const lua = await factory.createEngine({ injectObjects: false });
    const asLine = (line: string | null) => line === null ? "" : `${line}\n`;
    try {
      lua.global.set("host", {
        out: (text: string) => io.stdout(text),
        err: (text: string) => io.stderr(text),
        typed: () => {
          const line = io.typedLine();
          return line === undefined ? undefined : asLine(line);
        },
        read: () => io.readLine().then(asLine),
      });
      lua.global.set("entry", entry);
      lua.global.set(
        "files",
        (name: string) => Object.hasOwn(files, name) ? files[name] : undefined,
      );
      return Number(await lua.doString(PROGRAM));
    } finally {
      lua.global.close();
    }
  },
});
