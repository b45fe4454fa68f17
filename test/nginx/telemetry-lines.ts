/** What the telemetry tests share: lines as bytes, the schema by somebody else's validator, many odd requests. */
import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { DetectionEvent, RequestEvent } from '../../schema/telemetry.ts';
import { telemetryJsonSchema } from '../../tools/src/telemetry/json-schema.ts';

const validate = new Ajv2020({ allErrors: true, strict: true }).compile(telemetryJsonSchema());

/** Every whole line of a file. Fails on the first that is not UTF-8, not JSON, or not what the schema says. */
export function validLines(file: string): (RequestEvent | DetectionEvent)[] {
  return validTexts(existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
}

/** See {@link validLines}. */
export function validTexts(bytes: Buffer): (RequestEvent | DetectionEvent)[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.lastIndexOf(10) + 1));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const event = JSON.parse(line) as RequestEvent | DetectionEvent;
      expect(validate(event), `${line}\n${JSON.stringify(validate.errors)}`).toBe(true);
      return event;
    });
}

/** Request lines of a file. */
export function requestLines(file: string): RequestEvent[] {
  return validLines(file).filter((event): event is RequestEvent => event['event.name'] === 'request');
}

/** Detection lines of a file. */
export function detectionLines(file: string): DetectionEvent[] {
  return validLines(file).filter((event): event is DetectionEvent => event['event.name'] === 'detection');
}

/** Values of one metric by its labels as text; `''` for none. */
export async function metric(monitor: string, name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${monitor}/metrics`)).text();
  const values: Record<string, number> = {};
  for (const [, labels = '', value] of text.matchAll(new RegExp(`^${name}(?:\\{([^}]*)\\})? ([0-9.e+]+)$`, 'gm'))) {
    values[labels] = Number(value);
  }
  return values;
}

/** Sum of a metric over its labels. */
export async function metricSum(monitor: string, name: string): Promise<number> {
  return Object.values(await metric(monitor, name)).reduce((sum, value) => sum + value, 0);
}

/** A number generator that gives the same numbers each time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
