import { exitCodes, UserError, type Command } from '../io.ts';
import { suggest } from '../suggest.ts';

/** A command as the command line knows it. */
export interface CommandEntry {
  /** One line for the overview. */
  readonly summary: string;
  /** Whole help text. */
  readonly help: string;
  readonly run: Command;
}

export type CommandTable = Readonly<Record<string, CommandEntry>>;

export const helpHelp = `usage: wallguard help [COMMAND]

Prints the commands, or the help of one of them.
`;

/** `wallguard help [COMMAND]` */
export function helpCommand(commands: CommandTable): Command {
  return async ([name], io) => {
    io.out(name === undefined ? overview(commands) : findCommand(name, commands).help);
    return exitCodes.ok;
  };
}

/** @throws UserError with the commands there are, and the one that was probably meant */
export function findCommand(name: string, commands: CommandTable): CommandEntry {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const names = Object.keys(commands);
    const meant = suggest(name, names);
    throw new UserError(
      `there is no command ${JSON.stringify(name)}; commands: ${names.join(', ')}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      exitCodes.usage,
    );
  }
  return entry;
}

export function overview(commands: CommandTable): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return `usage: wallguard COMMAND [OPTION…]

What a WAF node on NGINX lacks: a blocking page people can quote, a guarded statistics service, one telemetry line per
request.

commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join('\n')}

"wallguard COMMAND --help" explains one of them.

exit codes:
  0    done
  1    refused, failed and rolled back, or something was found
  2    wrong usage
  3    an input could not be read or understood
  4    something was left unchecked and completeness was asked for
  70   a defect of wallguard
  130  interrupted
`;
}
