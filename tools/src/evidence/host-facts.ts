/**
 * What checks may ask about the machine besides its configuration files.
 *
 * Checks are pure: they name their questions beforehand (`asks`), something else answers them, and `evaluate` looks the
 * answers up. So a live machine, a copied tree and a test's table give the same verdict.
 */
import { notKnown } from './evidence.ts';
import type { Evidence } from './evidence.ts';

/** Kinds of questions, each with the shape of its answer. `of` says what the question is about. */
export interface HostAnswers {
  /** Of an absolute path; symbolic links are followed. Absent: nothing is there. */
  readonly stat: FileStat;
  /** Text of a file, by absolute path. */
  readonly text: string;
  /** Names in a directory, by absolute path, sorted by bytes. */
  readonly list: readonly string[];
  /** Of the file system that holds an absolute path. */
  readonly space: FileSystemSpace;
  /** Value of a kernel setting, by its dotted name: `kernel.core_pattern`. */
  readonly sysctl: string;
  /** Properties of a systemd unit as `systemctl show` names them, by unit: `nginx.service`. Absent: no such unit. */
  readonly unit: UnitProperties;
  /** A system user, by name. */
  readonly user: SystemUser;
}

export type HostQuestionKind = keyof HostAnswers;

/** One question. Equal questions are asked once. */
export interface HostQuestion {
  readonly kind: HostQuestionKind;
  readonly of: string;
}

export interface FileStat {
  readonly type: 'file' | 'directory' | 'other';
  /** Permission bits with set-id and sticky bits, as in `0o1777`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
}

export interface FileSystemSpace {
  /** For users that are not root. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** `PrivateTmp` → `yes` or `no`. A property may be missing. Limits are bytes, `infinity`, or a size as in the unit's file. */
export type UnitProperties = Readonly<Record<string, string>>;

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
  /** All groups, the main one included. */
  readonly gids: readonly number[];
}

/** Answers that were collected. */
export interface HostFacts {
  /** An answer; `notCollected` for a question that nobody announced. */
  ask<K extends HostQuestionKind>(kind: K, of: string): Evidence<HostAnswers[K]>;
}

/** Answers by kind and subject, as a collector gathered them. */
export type AnswerTable = { readonly [K in HostQuestionKind]?: ReadonlyMap<string, Evidence<HostAnswers[K]>> };

/** Looks answers up in a table. */
export function hostFacts(answers: AnswerTable): HostFacts {
  return {
    ask(kind, of) {
      return answers[kind]?.get(of) ?? notKnown('notCollected', `${kind} of ${of} was not asked for`);
    },
  };
}
