/**
 * Comments that silence a check: `# wallguard:ignore ID reason`.
 *
 * After a statement on its line the comment is about that statement; on a line of its own, about the next one. For a
 * block, and for an include, that is everything inside. Before the first statement of a file it is also about the file
 * as a whole, for findings that have no statement.
 */
import type { ConfigNode, ConfigTree } from '../nginx-conf/include.ts';
import { positionIn } from '../nginx-conf/tree.ts';
import type { Comment, Directive, ParsedFile, Position } from '../nginx-conf/tree.ts';

export interface Suppression {
  readonly at: Position;
  /** Characters of the comment. */
  readonly length: number;
  readonly checkId: string;
  /** Empty: the comment silences nothing. */
  readonly reason: string;
  /** Undefined when no statement follows. */
  readonly target: Directive | undefined;
  /** Path of the file, when it is about that as a whole, too. */
  readonly file: string | undefined;
}

/** What a finding is about, as far as silencing it goes. */
export interface SuppressibleWhere {
  readonly position: Position;
  readonly node?: ConfigNode;
}

const COMMENT = /^#\s*wallguard:ignore\b[ \t]*(\S*)[ \t]*(.*?)\s*$/;

const known = new WeakMap<ConfigTree, readonly Suppression[]>();

/** Every such comment of the configuration, also those that name no check or give no reason. */
export function suppressionsOf(tree: ConfigTree): readonly Suppression[] {
  let suppressions = known.get(tree);
  if (suppressions === undefined) {
    suppressions = tree.files.flatMap((file) => file.comments.flatMap((comment) => suppressionOf(file, comment)));
    known.set(tree, suppressions);
  }
  return suppressions;
}

/** The first comment that silences the check there. */
export function suppressionFor(
  checkId: string,
  where: SuppressibleWhere,
  suppressions: readonly Suppression[],
): Suppression | undefined {
  const candidates = suppressions.filter((one) => one.checkId === checkId && one.reason !== '');
  return candidates.find(({ target, file, at }) => {
    const { node, position } = where;
    if (node !== undefined) return target !== undefined && isAbout(node, target);
    if (file === position.file) return true;
    return target !== undefined && at.file === position.file && coversLine(target, position.line);
  });
}

/** Whether the statement is the target, stands inside it, or came from what it includes. */
function isAbout(node: ConfigNode, target: Directive): boolean {
  for (let block: ConfigNode | undefined = node; block !== undefined; block = block.parent.owner) {
    for (let at: ConfigNode | undefined = block; at !== undefined; at = at.includedBy) {
      if (at.directive === target) return true;
    }
  }
  return false;
}

function coversLine({ name, terminator, close }: Directive, line: number): boolean {
  return line >= name.line && line <= (close ?? terminator).line;
}

function suppressionOf(file: ParsedFile, comment: Comment): Suppression[] {
  const match = COMMENT.exec(comment.text);
  if (match === null) return [];
  const [, checkId = '', reason = ''] = match;
  const target = targetOf(file, comment);
  const first = file.directives[0];
  return [
    {
      at: positionIn(file, comment),
      length: comment.text.length,
      checkId,
      reason,
      target,
      file: first === undefined || comment.start < first.start ? file.path : undefined,
    },
  ];
}

function targetOf(file: ParsedFile, comment: Comment): Directive | undefined {
  let following: Directive | undefined;
  let list = file.directives;
  for (;;) {
    // The last that starts before the comment, and the one after it.
    const next = list.findIndex(({ start }) => start > comment.start);
    const before = list[next < 0 ? list.length - 1 : next - 1];
    if (next >= 0) following = list[next];
    if (before === undefined) return following;
    const { name, terminator, close, block } = before;
    if ([name.line, terminator.line, close?.line].includes(comment.line)) return before;
    if (block === undefined || comment.start > before.end) return following;
    list = block;
  }
}
