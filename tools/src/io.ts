/** What a command may touch of the process it runs in; tests pass their own. */
export interface Io {
  /** Results. */
  out(text: string): void;
  /** Talk: progress, errors, questions. */
  err(text: string): void;
  /** Whole standard input as bytes. */
  readInput(): Promise<Buffer>;
  /** Asks a question on the terminal; resolves to the answer without its newline. */
  ask(question: string): Promise<string>;
  readonly isTty: boolean;
  /** Whether results may be coloured: they go to a terminal, and `NO_COLOR` (no-color.org) is not set. */
  readonly colour: boolean;
  readonly cwd: string;
}

/** A command: arguments after its name, resolves to the exit code. */
export type Command = (args: readonly string[], io: Io) => Promise<number>;

/** Exit codes, the same for every command. */
export const exitCodes = {
  ok: 0,
  /** Findings, refused, or failed and rolled back. */
  found: 1,
  usage: 2,
  /** Could not read or parse what was asked for. */
  unreadable: 3,
  /** Something was left unchecked and completeness was asked for. */
  incomplete: 4,
} as const;

/** An expected failure: one message for the user, no stack. */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = exitCodes.unreadable, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}
