import { parseArgs } from 'node:util';
import type { ExplainAnswer } from '../../../schema/control.ts';
import type { ListEntry } from '../../../schema/lists.ts';
import { contains, parseAddress, parseNetwork } from '../../../njs/src/core/lists/address.ts';
import { controlClient } from '../control/control-client.ts';
import { findPlaces } from '../control/places.ts';
import { printable } from '../control/printable.ts';
import { asciiJson, csv, readFormat } from '../control/table.ts';
import { exitCodes, UserError, type Command } from '../io.ts';
import { deciding } from '../lists/change-lists.ts';
import { readGeoEntries } from '../lists/geo-store.ts';
import { endText, periodText, timeText } from '../lists/period.ts';

export const explainHelp = `usage: wallguard explain ip ADDRESS [OPTION…]

Says which list an address is on, since when, until when and by whom; how many different payloads it showed to each
trigger and how many are missing; and what its last malicious requests were.

options:
  --format NAME    human, json or csv; default human
  --socket PATH    control socket; default "control.socket" of the settings
  --settings FILE  settings; default ./wallguard.yaml, or the defaults where there is none
  --prefix DIR     directory of nginx.conf; default "config_prefix" of the settings
  --help           this text
`;

/** What a list does to requests. Source: wallarm-node.md 2.1. */
const effects = {
  allow: 'nothing of it is blocked or counted',
  deny: 'every request is refused',
  gray: 'in safe_blocking its malicious requests are blocked; other modes pass over this list',
} as const;

/** `wallguard explain ip ADDRESS` */
export const explain: Command = async (args, io) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'human' },
      socket: { type: 'string' },
      settings: { type: 'string' },
      prefix: { type: 'string' },
    },
  });
  const [what, text, ...more] = positionals;
  if (what !== 'ip' || text === undefined || more.length > 0) throw usage('say "explain ip ADDRESS"');
  const address = parseAddress(text);
  if (address === null) throw usage(`${JSON.stringify(text)} is not an IP address`);
  const format = readFormat(values.format);
  const places = await findPlaces(values, io.cwd);
  const answer = await controlClient(places.socket).explain(text);
  // NGINX finds networks by itself, for the client that is there: the API cannot ask it about another address.
  const networks = (await readGeoEntries(places.configPrefix, Date.now())).filter((entry) => {
    const network = parseNetwork(entry.address);
    return network !== null && contains(network, address);
  });
  const listed = deciding([answer.listed, ...networks]);
  const others = [answer.listed, ...networks].filter((entry): entry is ListEntry => entry !== null && entry !== listed);
  const whole = { ...answer, listed, others };
  if (format === 'json') io.out(`${asciiJson(whole)}\n`);
  else io.out(format === 'csv' ? csv(header, rowsOf(whole)) : tell(whole));
  return exitCodes.ok;
};

interface Explanation extends ExplainAnswer {
  /** Further entries that cover the address. */
  readonly others: readonly ListEntry[];
}

const header = ['about', 'name', 'address', 'from', 'until', 'payloads', 'missing', 'author', 'detail', 'request'];

function rowsOf({ listed, others, triggers, hits, source }: Explanation): (string | number)[][] {
  return [
    ...[listed, ...others].flatMap((entry, index) =>
      entry === null
        ? []
        : [
            [
              index === 0 ? 'listed' : 'also',
              entry.list,
              entry.address,
              sinceText(entry),
              endText(entry.expiresMs),
              '',
              '',
              entry.author,
              entry.reason,
              '',
            ],
          ],
    ),
    ...triggers.map(({ id, payloads, missing, firedMs }) => [
      'trigger',
      id,
      source,
      '',
      '',
      payloads,
      missing,
      '',
      firedMs === 0 ? '' : `fired ${timeText(firedMs)}`,
      '',
    ]),
    ...hits.map(({ atMs, requestId, trigger, type, point, payloads }) => [
      'hit',
      trigger,
      source,
      timeText(atMs),
      '',
      payloads,
      '',
      '',
      `${type} ${point}`.trim(),
      requestId,
    ]),
  ];
}

function tell({ address, source, listed, others, triggers, hits }: Explanation): string {
  const lines = [
    `${address}${source === address ? '' : ` counts as ${source}`}`,
    ...(listed === null ? ['  is on no list'] : [`  is on the list ${describe(listed)}`, `  ${effects[listed.list]}`]),
    ...others.map((entry) => `  is also on the list ${describe(entry)}`),
    ...triggers.map(
      ({ id, enabled, payloads, threshold, windowMs, missing, firedMs }) =>
        `  trigger ${id}${enabled ? '' : ' (disabled)'}: ${payloads} of ${threshold + 1} different payloads within ${periodText(windowMs)}${
          firedMs === 0 ? `, ${missing} missing` : `; fired ${timeText(firedMs)}`
        }`,
    ),
    ...(hits.length === 0 ? ['  no malicious requests are remembered'] : ['  last malicious requests:']),
    ...hits.map(
      ({ atMs, requestId, trigger, type, point, payloads }) =>
        `    ${timeText(atMs)}  ${type.padEnd(10)} ${printable(point).padEnd(20)} payload ${payloads} for ${trigger}, request ${requestId}`,
    ),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function describe(entry: ListEntry): string {
  const { list, address, applications, expiresMs, author, reason, source } = entry;
  const since = sinceText(entry);
  return [
    `${list} (${address})`,
    ...(since === '' ? [] : [`since ${since}`]),
    expiresMs === 0 ? 'for ever' : `until ${endText(expiresMs)}`,
    `by ${author}${source === 'manual' ? '' : source === 'settings' ? ' in the settings' : `, trigger ${source}`}`,
    ...(applications.length === 0 ? [] : [`for applications ${applications.join(', ')}`]),
  ]
    .join(' ')
    .concat(reason === '' ? '' : `: ${reason}`);
}

/** Entries of the settings have no time. */
function sinceText({ createdMs }: ListEntry): string {
  return createdMs === 0 ? '' : timeText(createdMs);
}

function usage(message: string): UserError {
  return new UserError(`wallguard explain: ${message}`, exitCodes.usage);
}
