import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileChange } from '../../../tools/src/install/plan.ts';
import { isUnfinished, originalsOf, Transaction } from '../../../tools/src/install/transaction.ts';

const isRoot = process.getuid?.() === 0;
let folder = '';
let journal = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'transaction-'));
  journal = path.join(folder, 'wallguard/journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

function change(name: string, before: string | undefined, after: string | undefined, own = false): FileChange {
  const bytes = (text: string | undefined): Buffer | undefined => (text === undefined ? undefined : Buffer.from(text));
  return { path: at(name), before: bytes(before), after: bytes(after), own };
}

async function run(
  changes: FileChange[],
  directories: { path: string; mode: number; purpose: string }[] = [],
): Promise<void> {
  const transaction = await Transaction.begin(journal);
  try {
    await transaction.apply(changes, directories);
    await transaction.commit();
  } finally {
    await transaction.end();
  }
}

/** Every file with mode and contents, without the journal. */
function state(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('wallguard'))
    .toSorted()
    .map((name) => {
      const found = lstatSync(at(name));
      return `${name} ${found.mode.toString(8)} ${found.uid} ${found.isFile() ? read(name) : ''}`;
    });
}

describe('applying', () => {
  test('creates, replaces and removes; nothing is left beside the files', async () => {
    writeFileSync(at('a'), 'old');
    writeFileSync(at('b'), 'old');
    await run([change('new/c', undefined, 'c'), change('a', 'old', 'new'), change('b', 'old', undefined)]);
    expect(read('a')).toBe('new');
    expect(existsSync(at('b'))).toBe(false);
    expect(read('new/c')).toBe('c');
    expect(readdirSync(folder).toSorted()).toEqual(['a', 'new', 'wallguard']);
    expect(readdirSync(journal).toSorted()).toEqual(['installed.json', expect.stringMatching(/^original-/)]);
  });

  test('mode stays, and the owner where we may set it; a new file can be read by all', async () => {
    writeFileSync(at('a'), 'old');
    chmodSync(at('a'), 0o640);
    if (isRoot) chownSync(at('a'), 12345, 54321);
    const before = statSync(at('a'));
    await run([change('a', 'old', 'new'), change('b', undefined, 'b')]);
    const { mode, uid, gid } = statSync(at('a'));
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid });
    expect(statSync(at('b')).mode & 0o777).toBe(0o644);
  });

  test('a symbolic link stays one; the file behind it changes', async () => {
    mkdirSync(at('available'));
    writeFileSync(at('available/site'), 'old');
    symlinkSync('available/site', at('site'));
    await run([change('site', 'old', 'new')]);
    expect(lstatSync(at('site')).isSymbolicLink()).toBe(true);
    expect(read('available/site')).toBe('new');
  });

  test('a directory gets its mode, those above it the usual one', async () => {
    await run([change('a', undefined, 'a')], [{ path: at('x/y/cores'), mode: 0o1777, purpose: '' }]);
    expect(statSync(at('x/y/cores')).mode & 0o7777).toBe(0o1777);
    expect(statSync(at('x/y')).mode & 0o7777).toBe(0o755);
  });

  test.each<[name: string, prepare: () => void]>([
    ['was edited', () => writeFileSync(at('a'), 'edited')],
    ['is gone', () => rmSync(at('a'))],
    ['appeared', () => writeFileSync(at('b'), 'new')],
  ])('a file that %s since the plan: nothing is done', async (_name, prepare) => {
    writeFileSync(at('a'), 'old');
    prepare();
    const before = state();
    await expect(
      run([change('c', undefined, 'c'), change('a', 'old', 'new'), change('b', undefined, 'b')]),
    ).rejects.toThrow(/changed since the plan was made; nothing was done/);
    expect(state()).toEqual(before);
    expect(existsSync(at('wallguard'))).toBe(false);
  });

  test('a failure in the middle leaves everything as it was', async () => {
    writeFileSync(at('a'), 'old');
    writeFileSync(at('file'), '');
    const before = state();
    await expect(
      run([change('a', 'old', 'new'), change('new/b', undefined, 'b'), change('file/c', undefined, 'c')]),
    ).rejects.toThrow(/cannot write/);
    expect(state()).toEqual(before);
    expect(existsSync(at('wallguard'))).toBe(false);
  });
});

describe('taking back', () => {
  test('contents, mode, removed files and new directories', async () => {
    writeFileSync(at('a'), 'old', { mode: 0o600 });
    writeFileSync(at('b'), 'gone');
    const before = state();
    const transaction = await Transaction.begin(journal);
    await transaction.apply(
      [change('a', 'old', 'new'), change('b', 'gone', undefined), change('new/c', undefined, 'c')],
      [{ path: at('x/cores'), mode: 0o1777, purpose: '' }],
    );
    expect(state()).not.toEqual(before);
    await transaction.rollBack();
    await transaction.end();
    expect(state()).toEqual(before);
    expect(existsSync(at('wallguard'))).toBe(false);
  });

  test('a run that was killed is taken back by the next one', async () => {
    writeFileSync(at('a'), 'old');
    const before = state();
    const killed = await Transaction.begin(journal);
    await killed.apply([change('a', 'old', 'new'), change('b', undefined, 'b')], []);
    expect(await isUnfinished(journal)).toBe(true);
    // A process that is gone leaves its lock; one with this number cannot be.
    writeFileSync(path.join(journal, 'lock'), '4194305');

    const next = await Transaction.begin(journal);
    await next.recover();
    await next.end();
    expect(await isUnfinished(journal)).toBe(false);
    expect(state()).toEqual(before);
  });

  test('only one at a time', async () => {
    const first = await Transaction.begin(journal);
    await expect(Transaction.begin(journal)).rejects.toThrow(
      new RegExp(`another wallguard \\(process ${process.pid}\\)`),
    );
    await first.end();
    await (await Transaction.begin(journal)).end();
  });

  test.skipIf(isRoot)('without the right to write it says who has it (not as root, who has it)', async () => {
    chmodSync(folder, 0o555);
    await expect(Transaction.begin(journal)).rejects.toThrow(/run it as root \(sudo\)/);
    chmodSync(folder, 0o755);
  });
});

describe('what an uninstall gets', () => {
  const originals = async (...names: string[]): Promise<Record<string, string>> => {
    const files = new Map(names.map((name) => [at(name), readFileSync(at(name))]));
    const found = await originalsOf(journal, files);
    return Object.fromEntries([...found].map(([name, bytes]) => [path.basename(name), Buffer.from(bytes).toString()]));
  };

  test('the files as they were before the first of several runs', async () => {
    writeFileSync(at('a'), 'original');
    await run([change('a', 'original', 'first'), change('own', undefined, '1', true)]);
    await run([change('a', 'first', 'second'), change('own', '1', '2', true)]);
    expect(await originals('a', 'own')).toEqual({ a: 'original' });
  });

  test('not those that somebody changed since, nor those changed between two runs', async () => {
    writeFileSync(at('a'), 'original');
    writeFileSync(at('b'), 'original');
    await run([change('a', 'original', 'first'), change('b', 'original', 'first')]);
    writeFileSync(at('a'), 'edited');
    writeFileSync(at('b'), 'edited');
    await run([change('b', 'edited', 'second')]);
    expect(await originals('a', 'b')).toEqual({});
  });

  test('a run that does not touch a file keeps its copy', async () => {
    writeFileSync(at('a'), 'original');
    await run([change('a', 'original', 'first')]);
    await run([change('c', undefined, 'c')]);
    expect(await originals('a')).toEqual({ a: 'original' });
  });

  test('forgetting leaves neither journal nor empty directories', async () => {
    writeFileSync(at('a'), 'original');
    const cores = { path: at('x/cores'), mode: 0o1777, purpose: '' };
    await run([change('a', 'original', 'first'), change('wallguard/own', undefined, '1', true)], [cores]);
    const transaction = await Transaction.begin(journal);
    await transaction.apply([change('a', 'first', 'original'), change('wallguard/own', '1', undefined, true)], []);
    await transaction.forgetInstallation();
    await transaction.end();
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('a directory with core files in it stays', async () => {
    await run([change('a', undefined, 'a', true)], [{ path: at('x/cores'), mode: 0o1777, purpose: '' }]);
    writeFileSync(at('x/cores/core.1'), '');
    const transaction = await Transaction.begin(journal);
    await transaction.forgetInstallation();
    await transaction.end();
    expect(existsSync(at('x/cores/core.1'))).toBe(true);
  });
});
