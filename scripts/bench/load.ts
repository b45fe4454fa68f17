import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** What one run of wrk against one URL gave. */
export interface Load {
  readonly requestsPerSecond: number;
  /** CPU time of the measured NGINX per request, workers and master. */
  readonly cpuMicroseconds: number;
}

export interface Target {
  readonly url: string;
  readonly headers?: readonly string[];
  /** Master process of the NGINX that is measured. */
  readonly pid: number;
}

/** The core that NGINX has for itself; load and upstream share the other. */
export const nginxCore = '0';
export const loadCore = '1';

/** Runs wrk for `seconds` with 32 keep-alive connections. @throws Error when wrk is missing or sees socket errors */
export async function load(target: Target, seconds: number): Promise<Load> {
  const before = cpuTicks(target.pid);
  const headers = (target.headers ?? []).flatMap((header) => ['-H', header]);
  const output = await run('taskset', ['-c', loadCore, 'wrk', '-t1', '-c32', `-d${seconds}s`, ...headers, target.url]);
  const ticks = cpuTicks(target.pid) - before;
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  if (!(requests > 0)) {
    throw new Error(`wrk got no answer from ${target.url}:\n${output}`);
  }
  if (/Socket errors: .*[1-9]/.test(output)) {
    throw new Error(`wrk saw socket errors on ${target.url}:\n${output}`);
  }
  return { requestsPerSecond, cpuMicroseconds: (ticks * 10_000) / requests };
}

/** User and system time of a process and its children, in ticks of 10 ms. */
function cpuTicks(master: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
    } catch {
      continue; // ended since the listing
    }
    const fields = stat.replace(/^.*\) /, '').split(' ');
    if (Number(entry) === master || Number(fields[1]) === master) {
      ticks += Number(fields[11]) + Number(fields[12]);
    }
  }
  return ticks;
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}

/** Middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}
