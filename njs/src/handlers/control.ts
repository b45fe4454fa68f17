import type {
  AddAnswer,
  CountersAnswer,
  ExplainAnswer,
  HistoryAnswer,
  ListPage,
  TriggersAnswer,
  TriggerState,
} from '../../../schema/control.ts';
import type { ListChange, ListEntry, ListName, Trigger } from '../../../schema/lists.ts';
import type { ListSettings } from '../../../schema/runtime.ts';
import { nowMs } from '../adapters/clock.ts';
import { counted } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import {
  allKeys,
  appendTriggerHistory,
  historyEnd,
  setTriggerOverlays,
  triggerOverlays,
} from '../adapters/list-files.ts';
import { listSettings } from '../adapters/list-settings.ts';
import { recentHits } from '../adapters/recent-hits.ts';
import { sha256 } from '../adapters/sha256.ts';
import { triggerSlots } from '../adapters/trigger-slots.ts';
import { inTurn } from '../adapters/turns.ts';
import {
  problem,
  readAddRequest,
  readAddress,
  readOverlay,
  readRemoveRequest,
  type Problem,
} from '../core/control/requests.ts';
import { parseNetwork, printAddress, type Address, type Network } from '../core/lists/address.ts';
import { isAutomatic, isLive, lastToEnd } from '../core/lists/entry.ts';
import { hintKey, hintKeyOf } from '../core/lists/hint-key.ts';
import { covering, withEntry } from '../core/lists/host-file.ts';
import { firedCounter } from '../core/telemetry/counter-names.ts';
import { coolDown, standing } from '../core/triggers/evaluate.ts';
import { readOverlays, withOverlay, type Overlays } from '../core/triggers/overlay.ts';
import { sourceKey } from '../core/triggers/source.ts';
import { changeKey, changeOf, type Wanted } from './change-list.ts';
import { hostEntries } from './host-entries.ts';
import { answerText } from './monitor-answer.ts';
import { ownListFamilies } from './own-list-families.ts';

interface Answer {
  readonly status: number;
  readonly value: object;
}

/** `js_content` of the control API's server. Contract: `schema/control.ts`, `docs/control-api.md`. */
export function control(r: NginxHTTPRequest): void {
  try {
    const answer = route(r);
    answerText(r, answer.status, 'application/json', JSON.stringify(answer.value) + '\n');
  } catch (error) {
    const refusal = error as Partial<Problem>;
    if (typeof refusal.status === 'number' && typeof refusal.error === 'string') {
      refuse(r, refusal.status, refusal.error, refusal.message || '');
      return;
    }
    failed('control', error);
    refuse(r, 500, 'failed', error instanceof Error ? error.message : String(error));
  }
}

function refuse(r: NginxHTTPRequest, status: number, word: string, message: string): void {
  answerText(r, status, 'application/json', JSON.stringify({ error: word, message: message }) + '\n');
}

function route(r: NginxHTTPRequest): Answer {
  const settings = listSettings();
  const parts = r.uri.split('/', 6);
  const name = parts[3] || '';
  switch (parts.length > 4 || parts[1] !== 'v1' ? '' : parts[2]) {
    case 'lists':
      return lists(r, settings, listOf(name));
    case 'triggers':
      if (name === '') {
        need(r, 'GET');
        return ok({ triggers: triggerStates(settings) } satisfies TriggersAnswer);
      }
      return changeTrigger(r, settings, name);
    case 'history':
      need(r, 'GET');
      return ok({ changes: history(settings, limitOf(r)) } satisfies HistoryAnswer);
    case 'explain':
      need(r, 'GET');
      return ok(explain(settings, readAddress(argument(r, 'address'))) satisfies ExplainAnswer);
    case 'counters':
      need(r, 'GET');
      return ok(counters() satisfies CountersAnswer);
    default:
      throw problem(404, 'unknown_path', 'there is no ' + r.uri.slice(0, 200));
  }
}

function lists(r: NginxHTTPRequest, settings: ListSettings, list: ListName): Answer {
  switch (r.method) {
    case 'GET':
      return ok(page(settings, list, argument(r, 'after'), limitOf(r)) satisfies ListPage);
    case 'POST':
      return ok({ added: add(settings, list, bodyOf(r)) } satisfies AddAnswer);
    case 'DELETE':
      remove(settings, list, readAddress(argument(r, 'address')), bodyOf(r));
      return ok({});
    default:
      return need(r, 'GET, POST or DELETE');
  }
}

/**
 * Entries of a list in the order of their keys. `next` is the last key that was looked at: a page ends early when so
 * many files held nothing of this list that the worker has more urgent things to do.
 */
function page(settings: ListSettings, list: ListName, after: string, limit: number): ListPage {
  const mostFiles = 2000;
  const now = nowMs();
  const keys = allKeys(settings.directory);
  let entries: ListEntry[] = [];
  let files = 0;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    if (key <= after) {
      continue;
    }
    const own = hostEntries(settings.directory, key).filter(function (entry) {
      return entry.list === list && isLive(entry, now);
    });
    if (entries.length > 0 && entries.length + own.length > limit) {
      return { list: list, entries: entries, next: keys[index - 1] as string };
    }
    entries = entries.concat(own);
    files++;
    if (files === mostFiles && index < keys.length - 1) {
      return { list: list, entries: entries, next: key };
    }
  }
  return { list: list, entries: entries, next: '' };
}

/** All or nothing: what was written is taken back when one entry finds no room or the disk refuses. */
function add(settings: ListSettings, list: ListName, body: string): readonly ListEntry[] {
  const now = nowMs();
  const asked = readAddRequest(body, list, now);
  const keys = asked.entries.map(function (entry, index) {
    return keyOf(settings, entry.address, 'entries[' + index + '].address');
  });
  const former: { key: string; entries: readonly ListEntry[] }[] = [];
  try {
    for (let index = 0; index < keys.length; index++) {
      const entry = asked.entries[index] as ListEntry;
      const key = keys[index] as string;
      changeKey(settings, key, now, function (live): Wanted {
        const entries = withEntry(live, entry, now);
        if (entries === null) {
          throw problem(507, 'full', entry.address + ' has as many entries as it may have; remove some');
        }
        former.push({ key: key, entries: live });
        return { entries: entries, changes: [changeOf('add', entry, now, asked.author, entry.reason)] };
      });
    }
  } catch (error) {
    for (let index = former.length - 1; index >= 0; index--) {
      const one = former[index] as { key: string; entries: readonly ListEntry[] };
      const entry = asked.entries[index] as ListEntry;
      changeKey(settings, one.key, now, function (): Wanted {
        return {
          entries: one.entries,
          changes: [changeOf('remove', entry, now, asked.author, 'another entry of the same request was refused')],
        };
      });
    }
    throw error;
  }
  return asked.entries;
}

function remove(settings: ListSettings, list: ListName, address: string, body: string): void {
  const now = nowMs();
  const asked = readRemoveRequest(body);
  const key = keyOf(settings, address, 'address');
  let removed: ListEntry[] = [];
  changeKey(settings, key, now, function (live): Wanted {
    removed = live.filter(function (entry) {
      return entry.list === list && entry.address === address;
    });
    if (removed.length === 0) {
      throw problem(404, 'not_listed', address + ' is not on this list');
    }
    return {
      entries: live.filter(function (entry) {
        return removed.indexOf(entry) < 0;
      }),
      changes: removed.map(function (entry) {
        return changeOf('remove', entry, now, asked.author, asked.reason || '');
      }),
    };
  });
  const slots = triggerSlots();
  removed.filter(isAutomatic).forEach(function (entry) {
    coolDown(slots, entry, sha256);
  });
}

/** Newest first. Of a history longer than a megabyte only the end is read. */
function history(settings: ListSettings, limit: number): ListChange[] {
  const lines = historyEnd(settings.directory, 1048576).split('\n');
  const changes: ListChange[] = [];
  for (let index = lines.length - 1; index >= 0 && changes.length < limit; index--) {
    const line = lines[index] as string;
    if (line !== '') {
      try {
        changes.push(JSON.parse(line) as ListChange);
      } catch (_torn) {
        // A line that a crash cut off.
      }
    }
  }
  return changes;
}

function triggerStates(settings: ListSettings): TriggerState[] {
  const overlays = readOverlays(triggerOverlays(settings.directory));
  return settings.triggers.map(function (trigger) {
    const overlay = overlays[trigger.id];
    return {
      trigger: withoutSecret(withOverlay(trigger, overlay)),
      origin: overlay !== undefined ? 'overlay' : settings.arePreconfigured ? 'preconfigured' : 'settings',
      fired: counted(firedCounter(trigger.id, 'fired')) + counted(firedCounter(trigger.id, 'observed')),
    };
  });
}

function changeTrigger(r: NginxHTTPRequest, settings: ListSettings, id: string): Answer {
  if (r.method !== 'PUT' && r.method !== 'DELETE') {
    return need(r, 'PUT or DELETE');
  }
  const known = settings.triggers.some(function (trigger) {
    return trigger.id === id;
  });
  if (!known) {
    throw problem(404, 'unknown_trigger', 'there is no trigger ' + id.slice(0, 40));
  }
  const change = r.method === 'PUT' ? readOverlay(bodyOf(r)) : undefined;
  inTurn('triggers', function () {
    const overlays: { [id: string]: Overlays[string] } = Object.assign(
      {},
      readOverlays(triggerOverlays(settings.directory)),
    );
    if (change === undefined) {
      delete overlays[id];
    } else {
      overlays[id] = Object.assign({}, overlays[id], change);
    }
    setTriggerOverlays(settings.directory, JSON.stringify(overlays) + '\n');
    appendTriggerHistory(
      settings.directory,
      JSON.stringify({
        atMs: nowMs(),
        operation: change === undefined ? 'reset' : 'set',
        trigger: id,
        overlay: change,
      }),
    );
  });
  return ok({ triggers: triggerStates(settings) } satisfies TriggersAnswer);
}

function explain(settings: ListSettings, text: string): ExplainAnswer {
  const address = (parseNetwork(text) as Network).address;
  const source = sourceKey(printAddress(address), settings.ipv6Prefix);
  const slots = triggerSlots();
  return {
    address: text,
    source: source,
    listed: deciding(hostEntries(settings.directory, hintKey(address, settings.ipv6Prefix)), address, nowMs()),
    triggers: triggerStates(settings).map(function (state) {
      const trigger = state.trigger;
      const stands = standing(trigger, source, slots, sha256);
      return {
        id: trigger.id,
        enabled: trigger.enabled,
        payloads: stands.count,
        threshold: trigger.threshold,
        windowMs: trigger.windowMs,
        missing: stands.missing,
        firedMs: stands.firedMs,
      };
    }),
    hits: recentHits(source),
  };
}

/** Whatever application it is limited to. */
function deciding(entries: readonly ListEntry[], address: Address, now: number): ListEntry | null {
  const live = entries.filter(function (entry) {
    return isLive(entry, now);
  });
  return (
    lastToEnd(covering(live, 'allow', address)) ||
    lastToEnd(covering(live, 'deny', address)) ||
    lastToEnd(covering(live, 'gray', address))
  );
}

function counters(): CountersAnswer {
  const values: { [name: string]: number } = {};
  ownListFamilies().forEach(function (family) {
    family.samples.forEach(function (sample) {
      const labels = sample.labels.map(function (label) {
        return label[0] + '="' + label[1] + '"';
      });
      const suffix = family.type === 'counter' ? '_total' : '';
      values[family.name + suffix + (labels.length === 0 ? '' : '{' + labels.join(',') + '}')] = sample.value;
    });
  });
  return values;
}

function withoutSecret(trigger: Trigger): Trigger {
  return trigger.webhook === null
    ? trigger
    : Object.assign({}, trigger, { webhook: { url: trigger.webhook.url, secret: '' } });
}

/** A network wider than a key lies in `geo`, where the command line puts it. */
function keyOf(settings: ListSettings, address: string, place: string): string {
  const network = parseNetwork(address);
  const key = network === null ? '' : hintKeyOf(network, settings.ipv6Prefix);
  if (key === '') {
    throw problem(422, 'network', place + ': networks are kept in lists.geo; use "wallguard lists"');
  }
  return key;
}

function listOf(name: string): ListName {
  if (name !== 'allow' && name !== 'deny' && name !== 'gray') {
    throw problem(404, 'unknown_list', 'there is no list ' + name.slice(0, 40) + '; there are allow, deny and gray');
  }
  return name;
}

function need(r: NginxHTTPRequest, methods: string): never | Answer {
  if (r.method !== methods) {
    r.headersOut['Allow'] = methods.replace(' or ', ', ');
    throw problem(405, 'bad_method', 'only ' + methods);
  }
  return ok({});
}

function bodyOf(r: NginxHTTPRequest): string {
  const type = r.headersIn['Content-Type'] || '';
  if (!/^application\/json\s*(?:;|$)/.test(type)) {
    throw problem(415, 'bad_type', 'Content-Type must be application/json');
  }
  return r.requestText || '';
}

function argument(r: NginxHTTPRequest, name: string): string {
  const value = (r.args as { readonly [name: string]: unknown })[name];
  return typeof value === 'string' ? value : '';
}

function limitOf(r: NginxHTTPRequest): number {
  const text = argument(r, 'limit');
  const limit = text === '' ? largest() : Number(text);
  if (!(limit >= 1 && limit <= largest()) || Math.floor(limit) !== limit) {
    throw problem(422, 'bad_request', 'limit: must be a whole number from 1 to ' + largest());
  }
  return limit;
}

/** `largestPage` of the contract: a constant at top level would cost every request. */
function largest(): number {
  return 1000;
}

function ok(value: object): Answer {
  return { status: 200, value: value };
}
