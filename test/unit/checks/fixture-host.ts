/**
 * A machine made from a fixture folder: a small root file system, and `evidence.json` for what files cannot hold.
 *
 * A checkout keeps neither owners nor modes: files belong to root with mode 644, directories have 755, unless
 * `evidence.json` says otherwise. Whatever it does not mention and the folder does not hold is `notCollected`, but for
 * `stat`, `text` and `list`: a path that is not in the folder is absent.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Host } from '../../../tools/src/collect/host.ts';
import { rootedHost } from '../../../tools/src/collect/live-host.ts';
import { absent, notKnown, present } from '../../../tools/src/evidence/evidence.ts';
import type { Evidence } from '../../../tools/src/evidence/evidence.ts';
import type { NginxTest } from '../../../tools/src/evidence/facts.ts';
import type { FileStat, HostAnswers, HostQuestionKind } from '../../../tools/src/evidence/host-facts.ts';

/**
 * Contents of `evidence.json`. An answer is a value, or one of the words for there being none. Modes are octal text.
 * @example { "stat": { "/tmp/cores": { "type": "directory", "mode": "1777" }, "/root/x": "denied" },
 *            "sysctl": { "kernel.core_pattern": "core" } }
 */
export interface FixtureEvidence {
  readonly stat?: Readonly<Record<string, Without | FixtureStat>>;
  readonly text?: Readonly<Record<string, Without | { readonly text: string }>>;
  readonly list?: Readonly<Record<string, Without | readonly string[]>>;
  readonly space?: Readonly<Record<string, Without | HostAnswers['space']>>;
  readonly sysctl?: Readonly<Record<string, Without | { readonly value: string }>>;
  readonly unit?: Readonly<Record<string, Without | HostAnswers['unit']>>;
  readonly user?: Readonly<Record<string, Without | HostAnswers['user']>>;
  /** `build`: directives are known as if they had been read out of the NGINX that will load the configuration. */
  readonly directives?: 'build';
  /** `nginx -V`: the version, and what `configure` was given. */
  readonly build?: { readonly version: string; readonly arguments?: string };
  /** `nginx -t`. */
  readonly nginxTest?: NginxTest;
}

type Without = 'absent' | 'denied' | 'timeout' | 'notCollected';

interface FixtureStat {
  readonly type?: FileStat['type'];
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly sizeBytes?: number;
}

export function readEvidence(folder: string): FixtureEvidence {
  const file = path.join(folder, 'evidence.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as FixtureEvidence) : {};
}

export function fixtureHost(folder: string, evidence: FixtureEvidence): Host {
  const files = rootedHost(folder);
  return {
    files: files.files,
    async ask<K extends HostQuestionKind>(kind: K, of: string): Promise<Evidence<HostAnswers[K]>> {
      const given: unknown = evidence[kind]?.[of];
      if (typeof given === 'string') return without(given as Without, `${kind} of ${of}`);
      if (given !== undefined) return present(valueOf(kind, given) as HostAnswers[K]);
      const found = await files.ask(kind, of);
      if (kind !== 'stat' || found.state !== 'present') return found;
      const { type, sizeBytes } = found.value as FileStat;
      return present({ ...plainStat(type), sizeBytes } as HostAnswers[K]);
    },
  };
}

function without(state: Without, what: string): Evidence<never> {
  return state === 'absent' ? absent(`${what}: absent`) : notKnown(state, `${what}: ${state}`);
}

function valueOf(kind: HostQuestionKind, given: unknown): unknown {
  if (kind === 'text') return (given as { text: string }).text;
  if (kind === 'sysctl') return (given as { value: string }).value;
  if (kind !== 'stat') return given;
  const { mode, ...rest } = given as FixtureStat;
  const plain = plainStat(rest.type ?? 'directory');
  return { ...plain, ...rest, mode: mode === undefined ? plain.mode : Number.parseInt(mode, 8) };
}

function plainStat(type: FileStat['type']): FileStat {
  return { type, mode: type === 'directory' ? 0o755 : 0o644, uid: 0, gid: 0, sizeBytes: 0 };
}
