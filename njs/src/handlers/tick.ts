import type { Trigger } from '../../../schema/lists.ts';
import type { ColdSettings, ListSettings } from '../../../schema/runtime.ts';
import { nowMs } from '../adapters/clock.ts';
import { coldSettings } from '../adapters/cold-settings.ts';
import { count } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { triggerOverlays } from '../adapters/list-files.ts';
import { listSettings } from '../adapters/list-settings.ts';
import { bytesOf, fileFacts, readFrom } from '../adapters/log-tail.ts';
import { outboxRoom, put } from '../adapters/outbox.ts';
import { workerStartedMs } from '../adapters/processes.ts';
import { sha256 } from '../adapters/sha256.ts';
import { claim, recall, release, remember } from '../adapters/state.ts';
import { triggerSlots } from '../adapters/trigger-slots.ts';
import { readAuditRecord } from '../core/telemetry/audit-record.ts';
import {
  attackedCounter,
  attacksCounter,
  droppedCounter,
  periodicRunsCounter,
} from '../core/telemetry/counter-names.ts';
import { headsBudget } from '../core/telemetry/heads-budget.ts';
import { addHeadCounts, countHeads, emptyHeadCounts, type Bytes } from '../core/telemetry/heads.ts';
import { leaveMarker } from '../core/triggers/effective-window.ts';
import { modsecurityPayloads } from '../core/triggers/modsecurity-payloads.ts';
import { effectiveTriggers } from '../core/triggers/overlay.ts';
import type { Payload } from '../core/triggers/payload.ts';
import { sourceKey } from '../core/triggers/source.ts';
import { afterReading, isRenamed, planTail, type Tail } from '../core/telemetry/tail.ts';
import { countPayloads } from './count-payloads.ts';
import { shownAddress } from './shown-address.ts';
import { sweepLists } from './sweep-lists.ts';

/**
 * `js_periodic`: reads what NGINX and its engine wrote since the last tick, counts requests, and turns the engine's
 * records into events. Synchronous: a run that waits is killed by the next one (njs-capabilities.md 4.3).
 */
export function tick(): void {
  const settings = coldSettings();
  count(periodicRunsCounter(), 1);
  // After a reload the old worker and the new one tick side by side for a moment.
  if (!claim('tick', 2000)) {
    return;
  }
  try {
    readHeads(settings);
  } catch (error) {
    failed('tick', error);
  }
  try {
    if (settings.auditLog !== '') {
      readAudit(settings);
    }
  } catch (error) {
    failed('tick', error);
  }
  try {
    const lists = listSettings();
    if (claim('sweep', 900)) {
      sweepLists(lists, nowMs());
      leaveMarkers(lists);
    }
  } catch (error) {
    failed('tick', error);
  }
  release('tick');
}

/** How far back payloads are remembered is told by marks of the same age. */
function leaveMarkers(lists: ListSettings): void {
  const slots = triggerSlots();
  const triggers = effectiveTriggers(lists.triggers, triggerOverlays(lists.directory));
  for (let i = 0; i < triggers.length; i++) {
    leaveMarker(slots, (triggers[i] as Trigger).windowMs, nowMs());
  }
}

function readHeads(settings: ColdSettings): void {
  const counts = emptyHeadCounts();
  const applications = settings.applications.map(function (application) {
    return application.name;
  });
  const follow: Follow = {
    name: 'heads',
    path: settings.headsFile,
    lookBackBytes: 8388608,
    graceMs: settings.flushMs + 1000,
    chunkBytes: 131072,
    budget: headsBudget,
    consume: function (chunk, length, sinceMs) {
      return countHeads(chunk, length, counts, { applications: applications, sinceMs: sinceMs, bytes: bytesOf });
    },
  };
  followLog(follow);
  addHeadCounts(counts, count);
}

function readAudit(settings: ColdSettings): void {
  const applications: Record<string, string> = {};
  for (let i = 0; i < settings.applications.length; i++) {
    const application = settings.applications[i] as ColdSettings['applications'][number];
    applications[String(application.id)] = application.name;
  }
  // A record costs about 35 µs to parse, and its event needs room: what is too much now stays in the log until later.
  let room = Math.min(outboxRoom(), 100);
  // Older connectors write a record twice, one right after the other, when phase 1 denies.
  const before = recall('audited');
  let recent = before;
  const follow: Follow = {
    name: 'audit',
    path: settings.auditLog,
    lookBackBytes: 1048576,
    graceMs: 5000,
    // A record is up to 25 times as long as the body it quotes, whose length is bounded by SecRequestBodyNoFilesLimit.
    chunkBytes: 4194304,
    budget: function () {
      return 1048576;
    },
    consume: function (chunk, length, sinceMs) {
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(10, start);
        if (end < 0 || end >= length) {
          return start;
        }
        if (room === 0) {
          return start === 0 ? -1 : start;
        }
        const id = detect(chunk.toString('utf8', start, end), sinceMs, applications, recent);
        if (id !== '') {
          room--;
          recent = (recent + ' ' + id).slice(-8192);
        }
        start = end + 1;
      }
    },
  };
  const skippedBytes = followLog(follow);
  if (recent !== before) {
    remember('audited', recent, 600000);
  }
  if (skippedBytes > 0) {
    count(droppedCounter('audit'), 1);
  }
}

/**
 * Turns one record into an event.
 *
 * @param recent  ids of the last records
 * @returns       the record's id; empty when it made no event
 */
function detect(line: string, sinceMs: number, applications: Readonly<Record<string, string>>, recent: string): string {
  if (line === '') {
    return '';
  }
  const now = nowMs();
  let found: Payload[] = [];
  const detection = readAuditRecord(line, now, applications, shownAddress, function (record) {
    found = modsecurityPayloads(record, sha256);
    return found.slice(0, 32).map(function (payload) {
      return payload.type + ':' + payload.fingerprint;
    });
  });
  if (detection === undefined) {
    count(droppedCounter('audit'), 1);
    return '';
  }
  const event = detection.event;
  const id = detection.uniqueId;
  // Its time has whole seconds.
  if (event.timestamp * 1000 < sinceMs - 1000 || recent.indexOf(id) >= 0) {
    return '';
  }
  const application = event.application === '' ? 'default' : event.application;
  if (event['wallguard.attack.types'].length > 0) {
    count(attackedCounter(application, event['wallguard.action']), 1);
  }
  for (let i = 0; i < event['wallguard.attack.types'].length; i++) {
    count(attacksCounter(application, event['wallguard.attack.types'][i] as string), 1);
  }
  put(JSON.stringify(event));
  if (found.length > 0 && event['wallguard.mode'] !== 'off') {
    const lists = listSettings();
    countPayloads(lists, {
      address: detection.address,
      source: sourceKey(detection.address, lists.ipv6Prefix),
      application: detection.application,
      applicationName: event.application,
      host: detection.host,
      status: detection.status,
      payloads: found,
      atMs: now,
      // ModSecurity sees neither: what a list refuses never comes to it, and for allowlisted clients it is off.
      refused: false,
      allowlisted: false,
      requestId: event['http.request.id'],
    });
  }
  return id;
}

/** A log that is read a bit at each tick. */
interface Follow {
  readonly name: string;
  readonly path: string;
  readonly lookBackBytes: number;
  readonly graceMs: number;
  readonly chunkBytes: number;
  readonly budget: (unreadBytes: number, grownBytes: number) => number;
  readonly consume: (chunk: Bytes, length: number, sinceMs: number) => number;
}

/** @returns how many bytes had to be given up because a line was too long */
function followLog(follow: Follow): number {
  const dayMs = 86400000;
  const now = nowMs();
  const kept = recall('tail|' + follow.name);
  const before = kept === '' ? undefined : (JSON.parse(kept) as Tail);
  const current = fileFacts(follow.path);
  const rotatedPath = follow.path + '.1';
  const plan = planTail(before, {
    nowMs: now,
    current: current,
    rotated: isRenamed(before, current) ? fileFacts(rotatedPath) : undefined,
    startedAtMs: before === undefined ? workerStartedMs(now) : 0,
    lookBackBytes: follow.lookBackBytes,
    graceMs: follow.graceMs,
  });
  const path = plan.file === 'rotated' ? rotatedPath : follow.path;
  const offset = plan.tail.offset;
  const sizeBytes = plan.file === 'current' && current !== undefined ? current.sizeBytes : 0;
  const grownBytes = sizeBytes - Number(recall('size|' + follow.name) || '0');
  let isAtEnd = true;
  let end = offset;
  let skippedBytes = 0;
  if (plan.file === 'rotated' || sizeBytes > offset) {
    const budget = follow.budget(sizeBytes - offset, grownBytes);
    const reading = readFrom(path, offset, follow.chunkBytes, budget, function (chunk, length) {
      return follow.consume(chunk, length, plan.tail.sinceMs);
    });
    isAtEnd = reading.isAtEnd;
    end = reading.offset;
    skippedBytes = reading.skippedBytes;
  }
  const tail = JSON.stringify(afterReading(plan, end, isAtEnd, current !== undefined, now));
  remember('tail|' + follow.name, tail, dayMs);
  if (recall('tail|' + follow.name) !== tail) {
    // Without a place to go on from, the same lines would be counted again and again.
    throw new Error('the zone wallguard_state is full; lines of ' + follow.path + ' are not counted');
  }
  remember('size|' + follow.name, String(sizeBytes), dayMs);
  // While an old file is read to its end, lines already wait in its follower.
  remember('read-up|' + follow.name, isAtEnd && plan.file !== 'rotated' ? '1' : '', dayMs);
  return skippedBytes;
}
