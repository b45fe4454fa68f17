/**
 * The machine that is looked at. Only this folder reads one; checks get what was collected.
 */
import type { Evidence } from '../evidence/evidence.ts';
import type { HostAnswers, HostQuestionKind } from '../evidence/host-facts.ts';
import type { ConfigFiles } from '../nginx-conf/config-files.ts';

/** Read-only view of one machine. Paths are as that machine sees them. */
export interface Host {
  readonly files: ConfigFiles;
  /** Never rejects because of the machine: what cannot be looked at is told in the answer. */
  ask<K extends HostQuestionKind>(kind: K, of: string): Promise<Evidence<HostAnswers[K]>>;
}
