import { describe, expect, test } from 'vitest';
import { afterReading, isRenamed, planTail, type FileFacts, type Tail } from '../../../njs/src/core/telemetry/tail.ts';

/** A file system of one log, as a reader sees it. */
class Log {
  current: { inode: number; text: string } | undefined;
  rotated: { inode: number; text: string } | undefined;
  nowMs = 0;
  tail: Tail | undefined;
  seen = '';

  /** One reading of at most `budget` bytes. */
  read(budget = Number.POSITIVE_INFINITY): void {
    this.nowMs += 200;
    const facts = (file: { inode: number; text: string } | undefined): FileFacts | undefined =>
      file === undefined ? undefined : { inode: file.inode, sizeBytes: file.text.length };
    const current = facts(this.current);
    const plan = planTail(this.tail, {
      nowMs: this.nowMs,
      current,
      rotated: isRenamed(this.tail, current) ? facts(this.rotated) : undefined,
      startedAtMs: 5,
      lookBackBytes: 10,
      graceMs: 1000,
    });
    const text =
      (plan.file === 'rotated' ? this.rotated : plan.file === 'current' ? this.current : undefined)?.text ?? '';
    const offset = plan.tail.offset;
    const whole = text.slice(offset, text.lastIndexOf('\n') + 1).slice(0, budget);
    this.seen += whole;
    const end = offset + whole.length;
    this.tail = afterReading(plan, end, end >= text.lastIndexOf('\n') + 1, current !== undefined, this.nowMs);
  }

  readOften(times: number): void {
    for (let i = 0; i < times; i += 1) this.read();
  }
}

describe('a log that is read bit by bit', () => {
  test('begins shortly before its end, with lines of this life only', () => {
    const log = new Log();
    log.current = { inode: 1, text: '0123456789abcdef\n' };
    log.read();
    expect(log.seen).toBe('789abcdef\n');
    expect(log.tail).toEqual({ inode: 1, offset: 17, sinceMs: 0, renamedAtMs: 0 });
  });

  test('keeps looking for lines of this life until it has caught up', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'aa\nbb\ncc\n' };
    log.read(3);
    expect(log.tail?.sinceMs).toBe(5);
    log.read();
    expect(log.tail?.sinceMs).toBe(0);
  });

  test('reads a file from its start that appears later', () => {
    const log = new Log();
    log.read();
    log.current = { inode: 1, text: 'a long line, written before it was seen\n' };
    log.read();
    expect(log.seen).toBe(log.current.text);
  });

  test('leaves a torn line until it is whole', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'a\nb' };
    log.read();
    expect(log.seen).toBe('a\n');
    log.current.text += 'c\n';
    log.read();
    expect(log.seen).toBe('a\nbc\n');
  });

  test('follows a rename: the old file to its end, then the new one, each line once', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'a\n' };
    log.read();
    log.current.text += 'b\n';
    log.rotated = log.current;
    log.current = undefined;
    log.read();
    log.rotated.text += 'c\n';
    log.read();
    log.current = { inode: 2, text: 'x\n' };
    log.read();
    log.rotated.text += 'd\n';
    log.readOften(4);
    expect(log.seen).toBe('a\nb\nc\nd\n');
    log.rotated.text += 'e\n';
    log.readOften(4);
    log.current.text += 'y\n';
    log.readOften(6);
    expect(log.seen).toBe('a\nb\nc\nd\ne\nx\ny\n');
    expect(log.tail).toMatchObject({ inode: 2, offset: 4 });
  });

  test('a torn line at the end of a renamed file does not hold it up', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'a\nto' };
    log.read();
    log.rotated = log.current;
    log.current = { inode: 2, text: 'x\n' };
    log.readOften(8);
    expect(log.seen).toBe('a\nx\n');
  });

  test('goes to the new file when the old one is gone', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'a\n' };
    log.read();
    log.rotated = { inode: 9, text: 'of another day\n' };
    log.current = { inode: 2, text: 'x\n' };
    log.readOften(2);
    expect(log.seen).toBe('a\nx\n');
  });

  test('waits when the file is gone, and reads the next one from its start', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'a\n' };
    log.read();
    log.current = undefined;
    log.readOften(3);
    log.current = { inode: 2, text: 'x\n' };
    log.read();
    expect(log.seen).toBe('a\nx\n');
  });

  test('begins anew when the file was truncated', () => {
    const log = new Log();
    log.current = { inode: 1, text: 'a\nb\n' };
    log.read();
    log.current.text = 'x\n';
    log.read();
    expect(log.seen).toBe('a\nb\nx\n');
  });
});
