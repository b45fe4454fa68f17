import type { Check } from '../checks/check.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Facts } from '../evidence/facts.ts';
import { hostFacts } from '../evidence/host-facts.ts';
import type { AnswerTable, HostFacts, HostQuestion, HostQuestionKind } from '../evidence/host-facts.ts';
import type { Host } from './host.ts';

/** Asks the machine what the checks want to know, each question once. */
export async function collectHostFacts(
  host: Host,
  checks: readonly Check[],
  facts: Pick<Facts, 'config' | 'thresholds'>,
): Promise<HostFacts> {
  const questions = new Map<string, HostQuestion>();
  for (const check of checks) {
    for (const question of questionsOf(check, facts)) questions.set(`${question.kind} ${question.of}`, question);
  }
  const answers = await Promise.all(
    [...questions.values()].map(async ({ kind, of }) => ({ kind, of, answer: await host.ask(kind, of) })),
  );
  const table: Partial<Record<HostQuestionKind, Map<string, Evidence<unknown>>>> = {};
  for (const { kind, of, answer } of answers) (table[kind] ??= new Map()).set(of, answer);
  return hostFacts(table as AnswerTable);
}

/** A check that fails here finds no answers when it is evaluated, and so does not pass. */
function questionsOf(check: Check, facts: Pick<Facts, 'config' | 'thresholds'>): HostQuestion[] {
  try {
    return [...(check.asks?.(facts) ?? [])];
  } catch {
    return [];
  }
}
