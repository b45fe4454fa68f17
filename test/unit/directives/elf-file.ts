/** Makes small ELF files that hold one NGINX module, in the ways linkers write them. */

export interface ElfFileOptions {
  readonly machine: 'x86-64' | 'aarch64';
  /**
   * Where pointers are kept: `rela`: in the table of relocations; `symbol`: there too, relative to symbols; `relr`, as
   * well as `fixed` (not position-independent): in their places.
   */
  readonly pointers: 'rela' | 'symbol' | 'relr' | 'fixed';
  readonly signature?: string;
  /** Name and type of each directive. */
  readonly commands: readonly (readonly [name: string, type: number])[];
}

const machines = {
  'x86-64': { number: 62, absolute: 1, relative: 8 },
  aarch64: { number: 183, absolute: 257, relative: 1027 },
};

const defaultSignature = '8,4,8,00111111111111111110111111111111111';

export function elfFile({ machine, pointers, commands, signature = defaultSignature }: ElfFileOptions): Buffer {
  const { number, absolute, relative } = machines[machine];
  const base = pointers === 'fixed' ? 0x400000 : 0;
  const file = Buffer.alloc(4096);
  let end = 64 + 2 * 56;
  const take = (bytes: number): number => {
    const start = Math.ceil(end / 8) * 8;
    end = start + bytes;
    return start;
  };
  const places: { place: number; target: number }[] = [];
  const point = (place: number, target: number): void => {
    places.push({ place, target });
    if (pointers === 'relr' || pointers === 'fixed') file.writeBigUInt64LE(BigInt(base + target), place);
  };
  const text = (value: string): number => {
    const start = take(value.length + 1);
    file.write(value, start, 'latin1');
    return start;
  };
  const long = (place: number, value: number): unknown => file.writeBigUInt64LE(BigInt(value), place);

  const list = take((commands.length + 1) * 56);
  commands.forEach(([name, type], index) => {
    long(list + index * 56, name.length);
    point(list + index * 56 + 8, text(name));
    long(list + index * 56 + 16, type);
  });
  const module = take(200);
  file.fill(0xff, module, module + 16);
  long(module + 40, 1_026_003);
  point(module + 48, text(signature));
  point(module + 64, list);
  file.write('HTTP', module + 72, 'latin1');

  // The empty symbol, one without a name that pointers may be relative to, and the module. Their names follow at once.
  const symbolTable = take(3 * 24);
  long(symbolTable + 24 + 8, base + 8);
  file.writeUInt32LE(1, symbolTable + 48);
  long(symbolTable + 48 + 8, base + module);
  const strings = text('\0ngx_http_sample_module');
  const relocations = take(places.length * 24);
  places.forEach(({ place, target }, index) => {
    const at = relocations + index * 24;
    long(at, base + place);
    file.writeUInt32LE(pointers === 'symbol' ? absolute : relative, at + 8);
    file.writeUInt32LE(pointers === 'symbol' ? 1 : 0, at + 12);
    file.writeBigInt64LE(BigInt(pointers === 'symbol' ? target - 8 : target), at + 16);
  });
  const dynamic = take(16 * 6);
  const entries = [
    [5, base + strings],
    [6, base + symbolTable],
    ...(pointers === 'rela' || pointers === 'symbol'
      ? [
          [7, base + relocations],
          [8, places.length * 24],
        ]
      : []),
  ] as const;
  entries.forEach(([tag = 0, value = 0], index) => {
    long(dynamic + index * 16, tag);
    long(dynamic + index * 16 + 8, value);
  });

  header(file, number);
  segment(file, 64, { type: 1, flags: 6, offset: 0, address: base, length: end });
  segment(file, 64 + 56, { type: 2, flags: 6, offset: dynamic, address: base + dynamic, length: 16 * 6 });
  return file.subarray(0, end);
}

function header(file: Buffer, machine: number): void {
  file.writeUInt32BE(0x7f454c46, 0);
  file[4] = 2;
  file[5] = 1;
  file[6] = 1;
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
}

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly length: number;
}

function segment(file: Buffer, at: number, { type, flags, offset, address, length }: Segment): void {
  file.writeUInt32LE(type, at);
  file.writeUInt32LE(flags, at + 4);
  file.writeBigUInt64LE(BigInt(offset), at + 8);
  file.writeBigUInt64LE(BigInt(address), at + 16);
  file.writeBigUInt64LE(BigInt(length), at + 32);
}
