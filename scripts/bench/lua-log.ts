import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { requestFields } from '../../schema/telemetry.ts';

const startup = (file: string): string => `
bench_file = io.open("${file}", "a")
bench_file:setvbuf("full", 65536)
local format, byte, find, gsub = string.format, string.byte, string.find, string.gsub
local function escape(c)
    return format("\\\\u%04x", byte(c))
end
function bench_text(s)
    if s == nil then return "" end
    if not find(s, '[%c"\\\\]') then return s end
    return (gsub(s, '[%c"\\\\]', escape))
end
`;

/**
 * The telemetry line by Lua: same keys, variables read in the log phase, one write per request into a 64 kB buffer of
 * the C library. That is the cheapest form that writes a whole line per request.
 *
 * @returns directives for the http block and for the server that logs
 */
export function luaLog(directory: string): { http: string[]; server: string[] } {
  const startFile = path.join(directory, 'bench-start.lua');
  const logFile = path.join(directory, 'bench-log.lua');
  writeFileSync(startFile, startup(path.join(directory, 'log', 'lua.jsonl')));
  writeFileSync(
    logFile,
    `local v, text = ngx.var, bench_text
bench_file:write(table.concat({
${requestFields.map((field, index) => `    ${luaField(field.key, field.native, index)}`).join(',\n')}
}), "}\\n")
`,
  );
  return {
    http: [`init_worker_by_lua_file ${startFile};`],
    server: ['access_log off;', `log_by_lua_file ${logFile};`],
  };
}

/** What stands in the plain log for fields that only wallguard has. */
export const constants: Readonly<Record<string, string>> = {
  application: '"default"',
  'wallguard.action': '"allowed"',
  'wallguard.block.reason': '""',
  trace_id: '"$http_traceparent"',
  span_id: '""',
  'url.path': '"$uri"',
  'http.request.header.referer': '"$http_referer"',
  'wallguard.engine': '"none"',
  'wallguard.mode': '"monitoring"',
  'wallguard.list': '""',
  'wallguard.sampled_count': '1',
};

function luaField(key: string, native: string, index: number): string {
  const source = constants[key] ?? native;
  const start = `${index === 0 ? '{' : ','}"${key}":`;
  const variable = /^("?)\$(\w+)"?$/.exec(source);
  if (variable === null) return `'${start}${source}'`;
  return variable[1] === '"' ? `'${start}"', text(v.${variable[2]}), '"'` : `'${start}', v.${variable[2]}`;
}
