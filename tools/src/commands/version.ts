import { exitCodes, type Command } from '../io.ts';
import { packageVersion } from '../package-files.ts';

export const versionHelp = `usage: wallguard version

Prints wallguard's version.
`;

/** `wallguard version` */
// eslint-disable-next-line typescript/require-await -- every command is asynchronous
export const version: Command = async (_args, io) => {
  io.out(`wallguard ${packageVersion()}\n`);
  return exitCodes.ok;
};
