import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { exitCodes, UserError, type Io } from './io.ts';

/**
 * The process that the command runs in. A reader that closes our output (`| head`) ends the writing, not the command:
 * what the command came to do is done all the same, and its exit code stays its own.
 */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        throw error;
      }
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    ask,
    isTty: [process.stdin, process.stderr].every((stream) => stream.isTTY),
    colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    cwd: process.cwd(),
  };
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve, reject) => {
      // On a terminal readline takes Ctrl-C for itself; it has to end the command as it does everywhere else.
      terminal.on('SIGINT', () => {
        process.kill(process.pid, 'SIGINT');
        terminal.close();
      });
      terminal.on('close', () => reject(new UserError('no answer: standard input ended', exitCodes.usage)));
      terminal.question(question).then(resolve, reject);
    });
  } finally {
    terminal.close();
  }
}
