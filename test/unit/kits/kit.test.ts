import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureKit, KitError } from '../../../scripts/kits/kit.ts';

describe('ensureKit', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'wallguard-kits-'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['a space, which ModSecurity does not include', 'my kits'],
    ['a colon, which splits the library path', 'kits:2'],
    ['a wildcard', 'kits*'],
    ['a variable of NGINX', '$kits'],
  ])('refuses a cache whose path has %s, before it touches anything', async (_name, folder) => {
    const cache = path.join(directory, folder);
    vi.stubEnv('WALLGUARD_KITS', cache);
    const outcome = await ensureKit('debian-13').catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(KitError);
    expect(String(outcome)).toMatch(/^KitError: kit debian-13: kits cannot be kept in .*Set WALLGUARD_KITS/);
    expect(existsSync(cache)).toBe(false);
  });

  it('says what is in the way when the cache is a file', async () => {
    const cache = path.join(directory, 'file');
    writeFileSync(cache, '');
    vi.stubEnv('WALLGUARD_KITS', cache);
    await expect(ensureKit('debian-13')).rejects.toThrow(/^kit debian-13: .*Set WALLGUARD_KITS to a directory/);
  });
});
