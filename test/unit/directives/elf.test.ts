/** Reading directives out of ELF files; the real ones are in test/nginx/directives.test.ts. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBuildTable } from '../../../tools/src/directives/elf.ts';
import { elfFile, type ElfFileOptions } from './elf-file.ts';

const commands = [
  ['wallarm_mode', 0x0e000002],
  ['if', 0x8c000900],
] as const;

describe.each(['x86-64', 'aarch64'] as const)('%s', (machine) => {
  test.each(['rela', 'symbol', 'relr', 'fixed'] as const)('pointers kept as %s', (pointers) => {
    expect(readBuildTable(elfFile({ machine, pointers, commands }))).toEqual({
      version: '1.26.3',
      modules: [
        {
          name: 'ngx_http_sample_module',
          kind: 'http',
          commands: [
            { name: 'wallarm_mode', type: 0x0e000002 },
            { name: 'if', type: 0x8c000900 },
          ],
        },
      ],
    });
  });
});

describe('what is no table is not known, never wrong', () => {
  const sample: ElfFileOptions = { machine: 'x86-64', pointers: 'rela', commands };
  const file = elfFile(sample);
  const changed = (offset: number, value: number): Buffer => {
    const copy = Buffer.from(file);
    copy[offset] = value;
    return copy;
  };

  test.each<[name: string, bytes: Uint8Array, reason: RegExp]>([
    ['nothing', new Uint8Array(), /no ELF file/],
    ['a text', Buffer.from('#!/bin/sh\nexec nginx "$@"\n'.repeat(9)), /no ELF file/],
    ['a 32-bit file', changed(4, 1), /no 64-bit little-endian ELF file/],
    ['a big-endian file', changed(5, 2), /no 64-bit little-endian ELF file/],
    ['a file for another machine', changed(18, 21), /machine 21, neither x86-64 nor aarch64/],
    ['a file that is cut off', file.subarray(0, file.length - 100), /outside of the file/],
    ['a program that is no NGINX', elfFile({ ...sample, signature: 'none' }), /no module of NGINX/],
    ['pointers of an unknown kind', pointersOfUnknownKind(file), /no module of NGINX|could not be followed/],
  ])('%s', (_name, bytes, reason) => {
    const table = readBuildTable(bytes);
    expect('unknown' in table ? table.unknown : 'a table').toMatch(reason);
  });

  test('random damage gives a table or a reason', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.option(fc.nat(file.length)),
        (damage, length) => {
          const copy = Buffer.from(file);
          for (const [offset, value] of damage) copy[offset] = value;
          const table = readBuildTable(copy.subarray(0, length ?? copy.length));
          expect('unknown' in table ? table.unknown !== '' : table.version !== '').toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** Every relocation gets a type that no machine has. */
function pointersOfUnknownKind(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const relative = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0]);
  for (let at = copy.indexOf(relative); at >= 0; at = copy.indexOf(relative, at + 8)) copy[at] = 99;
  return copy;
}
