import fs from 'fs';

/** When this worker was started, Unix milliseconds; a second ago where the system does not say. */
export function workerStartedMs(nowMs: number): number {
  return startedMs('self', nowMs) || nowMs - 1000;
}

/** When NGINX was started, reloads aside, Unix milliseconds; 0 where the system does not say. */
export function masterStartedMs(nowMs: number): number {
  return startedMs(String(process.ppid), nowMs);
}

/** Clock ticks are 10 ms on every Linux (proc(5), `USER_HZ`). */
function startedMs(pid: string, nowMs: number): number {
  try {
    const stat = fs.readFileSync('/proc/' + pid + '/stat', 'utf8');
    const uptime = parseFloat(fs.readFileSync('/proc/uptime', 'utf8'));
    // The name of the program, in parentheses, may hold anything.
    const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / 100;
    const ms = nowMs - (uptime - started) * 1000;
    return ms > 0 && ms <= nowMs ? ms : 0;
  } catch (_notLinux) {
    return 0;
  }
}
