import { readFileSync } from 'node:fs';
import type { ServiceContext } from '../../../njs/src/core/status/findings.ts';

/** Bodies of `/wallarm-status` as nodes send them, by node version, and the Prometheus form. */
export function sample(name: '5.3.19' | '6.13.0' | '7.1.0' | 'prometheus'): string {
  return readFileSync(new URL(`samples/${name}.body`, import.meta.url), 'utf8');
}

/** A sample with some of its text replaced; fails when the text is not there. */
export function sampleWith(name: Parameters<typeof sample>[0], from: string | RegExp, to: string): string {
  const text = sample(name);
  const changed = text.replace(from, to);
  if (changed === text) {
    throw new Error(`sample ${name} does not contain ${from}`);
  }
  return changed;
}

export const node5: ServiceContext = {
  engine: 'wallarm',
  generation: 5,
  flavour: 'aio',
  nodeVersion: '5.3.19',
  url: 'http://127.0.0.8:80/wallarm-status',
};
export const node6: ServiceContext = { ...node5, generation: 6, nodeVersion: '6.13.0' };
export const node7: ServiceContext = { ...node5, generation: 7, nodeVersion: '7.1.0' };
export const dockerNode: ServiceContext = { ...node7, flavour: 'docker' };
/** wallguard serves the statistics itself. */
export const own: ServiceContext = { ...node5, engine: 'modsecurity', generation: 0 };
