import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describe, expect, test } from 'vitest';
import { commands, runCli } from '../../../tools/src/cli.ts';
import type { CommandTable } from '../../../tools/src/commands/help.ts';
import { UserError, type Command } from '../../../tools/src/io.ts';
import { fakeIo } from './fake-io.ts';

const golden = new URL('../../golden/help/', import.meta.url).pathname;

async function run(
  args: readonly string[],
  table: CommandTable = commands,
): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo();
  const code = await runCli(args, io, table);
  return { code, ...io.written };
}

function tableWith(run: Command): CommandTable {
  return {
    ...commands,
    probe: { summary: 'a probe', help: 'usage: wallguard probe\n\n  --colour NAME  a colour\n', run },
  };
}

describe('help', () => {
  test('the overview is the golden file', async () => {
    const { code, out } = await run(['help']);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(`${golden}wallguard.txt`);
  });

  test.each(Object.keys(commands))('the help of %s is its golden file, however it is asked for', async (name) => {
    const { code, out, err } = await run([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot(`${golden}${name}.txt`);
    expect((await run(['help', name])).out).toBe(out);
    expect((await run([name, '-h'])).out).toBe(out);
    expect((await run(['--help', name])).out).toBe(out);
  });

  test('every line fits a terminal', () => {
    const wide = Object.values(commands).flatMap(({ help }) => help.split('\n').filter((line) => line.length > 120));
    expect(wide).toEqual([]);
  });

  test('after "--" an argument is no request for help', async () => {
    const seen: (readonly string[])[] = [];
    const table = tableWith(async (args) => await Promise.resolve(seen.push(args)));
    await run(['probe', '--', '--help'], table);
    expect(seen).toEqual([['--', '--help']]);
  });

  test('no command at all is wrong usage and prints the overview as talk', async () => {
    const { code, out, err } = await run([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('usage: wallguard COMMAND');
  });
});

test('the version is the one of package.json', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await run(['version'])).toEqual({ code: 0, out: `wallguard ${manifest.version}\n`, err: '' });
  expect(await run(['--version'])).toEqual(await run(['version']));
});

describe('errors', () => {
  test.each([
    ['generat', 'there is no command "generat"; commands: COMMANDS; did you mean "generate"?\n'],
    ['toString', 'there is no command "toString"; commands: COMMANDS\n'],
  ])('the unknown command %s is wrong usage', async (name, expected) => {
    const names = Object.keys(commands).join(', ');
    expect(await run([name])).toEqual({ code: 2, out: '', err: expected.replace('COMMANDS', names) });
    expect((await run(['help', name])).code).toBe(2);
  });

  test('an unknown option is wrong usage and names the one that was meant', async () => {
    const table = tableWith(async (args) => await Promise.resolve(Object.keys(parseArgs({ args: [...args] })).length));
    expect(await run(['probe', '--color', 'red'], table)).toEqual({
      code: 2,
      out: '',
      err: 'wallguard probe: there is no option "--color"; did you mean "--colour"?; see "wallguard probe --help"\n',
    });
    expect((await run(['probe', 'red'], table)).err).toMatch(
      /^wallguard probe: Unexpected argument 'red'.*--help"\n$/s,
    );
  });

  test('an expected failure prints one message and its own exit code', async () => {
    const table = tableWith(async () => await Promise.reject(new UserError('the disk is full', 1)));
    expect(await run(['probe'], table)).toEqual({ code: 1, out: '', err: 'the disk is full\n' });
  });

  test('a defect keeps its stack and its cause, and exits with 70', async () => {
    const table = tableWith(async () => await Promise.reject(new Error('outer', { cause: new Error('inner') })));
    const { code, err } = await run(['probe'], table);
    expect(code).toBe(70);
    expect(err).toMatch(/^Error: outer\n +at .*caused by: Error: inner\n +at .*This is a defect of wallguard/s);
  });

  test('a TypeError that is not about arguments is a defect', async () => {
    const table = tableWith(async () => await Promise.reject(new TypeError('x is not a function')));
    expect((await run(['probe'], table)).code).toBe(70);
  });
});
