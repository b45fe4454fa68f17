/**
 * An ELF file as it would lie in memory, without running it: enough to follow pointers in its data.
 *
 * 64-bit little-endian files for x86-64 and aarch64, position-independent or not. Formats: System V ABI, ELF-64 and
 * "Dynamic Section"; relocation types from the processor supplements.
 */

/** A file that is no ELF file, or of a kind that is not read here. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
}

/** Relocation types that make pointers: to a symbol, and relative to the load address. */
interface Machine {
  readonly absolute: number;
  readonly relative: number;
}

const MACHINES: Readonly<Record<number, Machine>> = {
  62: { absolute: 1, relative: 8 },
  183: { absolute: 257, relative: 1027 },
};

const ELF_MAGIC = 0x7f454c46;
const PROGRAM = { load: 1, dynamic: 2, writable: 2 } as const;
const DYNAMIC = { strtab: 5, symtab: 6, rela: 7, relaSize: 8 } as const;
const SYMBOL_BYTES = 24;
const RELA_BYTES = 24;

/** A part of the file that is loaded. */
interface Segment {
  readonly address: number;
  readonly end: number;
  /** Added to an address it gives the offset in the file. */
  readonly toOffset: number;
  readonly writable: boolean;
}

/** Addresses are those of the file; the load address is taken as 0. */
export class ElfImage {
  /** Ranges of addresses whose data may hold pointers. */
  readonly dataRanges: readonly { readonly start: number; readonly end: number }[];
  private readonly view: DataView;
  private readonly segments: readonly Segment[];
  private readonly symbols = new Map<number, string>();

  /** @throws ElfError */
  constructor(file: Uint8Array) {
    // A copy: pointers are written into it.
    this.view = new DataView(Uint8Array.from(file).buffer);
    try {
      const machine = this.machine();
      const headers = this.programHeaders();
      this.segments = headers.segments;
      if (headers.dynamic !== undefined) this.readDynamic(headers.dynamic, machine);
    } catch (error) {
      throw error instanceof RangeError ? new ElfError('its parts lie outside of the file', { cause: error }) : error;
    }
    this.dataRanges = this.segments
      .filter(({ writable }) => writable)
      .map(({ address, end }) => ({ start: address, end }));
  }

  /** The 64-bit number, or pointer, at an address; undefined outside of the file. Values over 2^53 are not exact. */
  long(address: number): number | undefined {
    const offset = this.offsetOf(address, 8);
    return offset === undefined ? undefined : this.longAt(offset);
  }

  /** The bytes at an address, up to a NUL, at most `limit` of them; undefined outside of the file. */
  text(address: number, limit: number): string | undefined {
    const start = this.offsetOf(address, 1);
    if (start === undefined) return undefined;
    const bytes = new Uint8Array(this.view.buffer, start, Math.min(limit, this.view.byteLength - start));
    const nul = bytes.indexOf(0);
    return String.fromCharCode(...(nul < 0 ? bytes : bytes.subarray(0, nul)));
  }

  /** The exported name of what lies at an address. */
  symbolAt(address: number): string | undefined {
    return this.symbols.get(address);
  }

  private machine(): Machine {
    if (this.view.byteLength < 64 || this.view.getUint32(0) !== ELF_MAGIC) throw new ElfError('it is no ELF file');
    const [bits, order] = [this.view.getUint8(4), this.view.getUint8(5)];
    if (bits !== 2 || order !== 1) throw new ElfError('it is no 64-bit little-endian ELF file');
    const number = this.view.getUint16(18, true);
    const machine = MACHINES[number];
    if (machine === undefined) throw new ElfError(`it is for machine ${number}, neither x86-64 nor aarch64`);
    return machine;
  }

  private programHeaders(): { segments: Segment[]; dynamic: { start: number; end: number } | undefined } {
    const table = this.longAt(32);
    const entryBytes = this.view.getUint16(54, true);
    const count = this.view.getUint16(56, true);
    const segments: Segment[] = [];
    let dynamic: { start: number; end: number } | undefined;
    for (let index = 0; index < count; index++) {
      const at = table + index * entryBytes;
      const type = this.view.getUint32(at, true);
      const flags = this.view.getUint32(at + 4, true);
      const [offset, address, length] = [this.longAt(at + 8), this.longAt(at + 16), this.longAt(at + 32)];
      if (type === PROGRAM.dynamic) dynamic = { start: offset, end: offset + length };
      if (type !== PROGRAM.load) continue;
      if (offset + length > this.view.byteLength) throw new RangeError('segment');
      const writable = (flags & PROGRAM.writable) !== 0;
      segments.push({ address, end: address + length, toOffset: offset - address, writable });
    }
    return { segments, dynamic };
  }

  private readDynamic({ start, end }: { start: number; end: number }, machine: Machine): void {
    const entries = new Map<number, number>();
    for (let at = start; at < end; at += 16) entries.set(this.longAt(at), this.longAt(at + 8));
    const symtab = entries.get(DYNAMIC.symtab) ?? 0;
    this.readSymbols(symtab, entries.get(DYNAMIC.strtab) ?? 0);
    this.relocate(entries.get(DYNAMIC.rela) ?? 0, entries.get(DYNAMIC.relaSize) ?? 0, symtab, machine);
  }

  /** The table of symbols has no length of its own; linkers put the table of their names right after it. */
  private readSymbols(symtab: number, strtab: number): void {
    for (let at = symtab; at + SYMBOL_BYTES <= strtab; at += SYMBOL_BYTES) {
      const offset = this.offsetOf(at, SYMBOL_BYTES);
      if (offset === undefined) return;
      const [name, value] = [this.view.getUint32(offset, true), this.longAt(offset + 8)];
      if (value !== 0) this.symbols.set(value, this.text(strtab + name, 128) ?? '');
    }
  }

  /** Writes pointers to where the loader would. Those of RELR tables are in their places already. */
  private relocate(rela: number, sizeBytes: number, symtab: number, machine: Machine): void {
    for (let at = rela; at < rela + sizeBytes; at += RELA_BYTES) {
      const entry = this.offsetOf(at, RELA_BYTES);
      if (entry === undefined) throw new RangeError('relocations');
      const place = this.offsetOf(this.longAt(entry), 8);
      if (place === undefined) continue;
      const type = this.view.getUint32(entry + 8, true);
      const addend = this.view.getBigInt64(entry + 16, true);
      if (type === machine.relative) {
        this.view.setBigInt64(place, addend, true);
      } else if (type === machine.absolute) {
        const symbol = this.offsetOf(symtab + this.view.getUint32(entry + 12, true) * SYMBOL_BYTES, SYMBOL_BYTES);
        const value = symbol === undefined ? 0n : this.view.getBigInt64(symbol + 8, true);
        this.view.setBigInt64(place, value === 0n ? 0n : value + addend, true);
      }
    }
  }

  private offsetOf(address: number, length: number): number | undefined {
    for (const { address: start, end, toOffset } of this.segments) {
      if (address >= start && address + length <= end) return address + toOffset;
    }
    return undefined;
  }

  private longAt(offset: number): number {
    return this.view.getUint32(offset, true) + this.view.getUint32(offset + 4, true) * 2 ** 32;
  }
}
