import type { Io } from '../../../tools/src/io.ts';

/** An {@link Io} that remembers what was written. */
export interface FakeIo extends Io {
  readonly written: { out: string; err: string };
}

export function fakeIo(cwd = '/nowhere'): FakeIo {
  const written = { out: '', err: '' };
  return {
    written,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    readInput: async () => await Promise.resolve(Buffer.alloc(0)),
    ask: async (question) => await Promise.reject(new Error(`nobody answers: ${question}`)),
    isTty: false,
    colour: false,
    cwd,
  };
}
