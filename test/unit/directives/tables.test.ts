import { describe, expect, test } from 'vitest';
import { allowedIn, contextInside, contexts, isBlock, takes } from '../../../tools/src/directives/directive-table.ts';
import type { BuildTable } from '../../../tools/src/directives/elf.ts';
import { buildTable, referenceTable } from '../../../tools/src/directives/tables.ts';
import { wallarmDirectives } from '../../../tools/src/directives/wallarm.ts';

const binary: BuildTable = {
  version: '1.26.3',
  modules: [
    { name: 'ngx_http_core_module', kind: 'http', commands: [{ name: 'client_max_body_size', type: 0x0e000002 }] },
    { name: undefined, kind: 'http', commands: [{ name: 'own_directive', type: 0x04000001 }] },
  ],
};

describe('the shipped table', () => {
  const table = referenceTable();

  test.each([
    ['proxy_pass', 'location', 1],
    ['proxy_pass', 'ifInLocation', 1],
    ['server', 'http', 0],
    ['server', 'upstream', 3],
    ['server', 'stream', 0],
    ['server', 'streamUpstream', 2],
    ['include', 'mailServer', 1],
    ['worker_connections', 'events', 1],
    ['wallarm_mode', 'location', 1],
    ['modsecurity_rules_file', 'server', 1],
    ['js_import', 'http', 3],
  ] as const)('%s stands in %s with %d arguments', (name, context, count) => {
    const forms = table.forms(name).filter((form) => allowedIn(form, contexts[context]));
    expect(forms.some((form) => takes(form, count))).toBe(true);
  });

  test.each([
    ['proxy_pass', 'server'],
    ['worker_connections', 'main'],
    ['wallarm_enable_apifw', 'location'],
    ['location', 'http'],
  ] as const)('%s does not stand in %s', (name, context) => {
    expect(table.forms(name).filter((form) => allowedIn(form, contexts[context]))).toEqual([]);
  });

  test('knows documented defaults, and which names are out of use', () => {
    expect(table.forms('proxy_read_timeout').find(({ kind }) => kind === 'http')?.defaultValue).toBe('60s');
    expect(table.forms('wallarm_tarantool_upstream')[0]?.deprecated).toContain('wallarm_wstore_upstream');
  });

  test('every block whose inside is judged is known as a block', () => {
    for (const [name, around] of [
      ['http', contexts.main],
      ['events', contexts.main],
      ['server', contexts.http],
      ['location', contexts.server],
      ['if', contexts.location],
      ['limit_except', contexts.location],
      ['upstream', contexts.stream],
    ] as const) {
      expect(contextInside(name, around), name).toBeDefined();
      expect(table.forms(name).some((form) => allowedIn(form, around) && isBlock(form))).toBe(true);
    }
  });
});

describe('a table read out of a build', () => {
  test('knows what the build knows, with what is documented of it, and nothing else', () => {
    const table = buildTable(binary, [], []);
    expect(table.build).toEqual({ version: '1.26.3' });
    expect(table.forms('client_max_body_size')).toEqual([
      { kind: 'http', type: 0x0e000002, module: 'ngx_http_core_module', source: 'build', defaultValue: '1m' },
    ]);
    expect(table.forms('own_directive')[0]).toMatchObject({ source: 'build', module: 'a module without a name' });
    expect(table.forms('proxy_pass')).toEqual([]);
    expect(table.namesIn(contexts.server)).toEqual(['client_max_body_size', 'own_directive']);
  });

  test('leaves other names to the reference while a module could not be read', () => {
    const table = buildTable(binary, [], ['the module could not be read']);
    expect(table.build).toBeUndefined();
    expect(table.unread).toEqual(['the module could not be read']);
    expect(table.forms('client_max_body_size')[0]?.source).toBe('build');
    expect(table.forms('proxy_pass')[0]?.source).toBe('reference');
  });
});

test('names of the node do not collide, and each may stand somewhere', () => {
  const names = wallarmDirectives().map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const [name, form] of wallarmDirectives()) {
    expect(
      Object.values(contexts).some((context) => allowedIn(form, context)),
      name,
    ).toBe(true);
  }
});
