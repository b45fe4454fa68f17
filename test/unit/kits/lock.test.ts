import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../scripts/kits/lock.ts';
import { repositoryRoot } from '../../../scripts/kits/repository.ts';

describe('withFileLock', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'wallguard-lock-'));
    file = path.join(directory, 'lock');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('lets one in at a time and tells the others that they wait', async () => {
    const events: string[] = [];
    const work = async (name: string): Promise<void> =>
      await withFileLock(
        file,
        () => events.push(`${name} waits`),
        async () => {
          events.push(`${name} in`);
          await new Promise((resolve) => setTimeout(resolve, 900));
          events.push(`${name} out`);
        },
      );
    const first = work('a');
    await expect.poll(() => events).toContain('a in');
    await Promise.all([first, work('b')]);
    expect(events).toEqual(['a in', 'b waits', 'a out', 'b in', 'b out']);
  });

  it('is free again when the work fails', async () => {
    await expect(
      withFileLock(
        file,
        () => {},
        async () => await Promise.reject(new Error('broken')),
      ),
    ).rejects.toThrow('broken');
    await expect(
      withFileLock(
        file,
        () => {},
        async () => await Promise.resolve('done'),
      ),
    ).resolves.toBe('done');
  });

  it('is free again when the holder is killed', async () => {
    const program = path.join(directory, 'holder.mjs');
    const hold = `import { withFileLock } from './lock.ts';
      await withFileLock(process.argv[2], () => {}, () => new Promise(() => { console.log('in'); setInterval(() => {}, 1000); }));`;
    await build({
      stdin: { contents: hold, resolveDir: path.join(repositoryRoot, 'scripts/kits') },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const holder = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    try {
      const kill = (): boolean => holder.kill('SIGKILL');
      const entered = await withFileLock(file, kill, async () => await Promise.resolve(holder.killed));
      expect(entered).toBe(true);
    } finally {
      holder.kill('SIGKILL');
    }
  });

  it('says which file when it cannot lock', async () => {
    const missing = path.join(directory, 'none/lock');
    await expect(
      withFileLock(
        missing,
        () => {},
        async () => await Promise.resolve(),
      ),
    ).rejects.toThrow(missing);
  });
});
