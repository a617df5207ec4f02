import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { checkout, sourceOf, type Span } from './mutation';

/** One small random change of one source. */
export interface Mutation extends Span {
  /** 1-based. */
  line: number;
  /** That line's text, trimmed. */
  text: string;
  /** What is changed into what, on one line. */
  what: string;
}

const OPPOSITE: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
  [ts.SyntaxKind.AsteriskToken]: '/',
};

/** Calls that can be left away: what they are called on stays. */
const LEFT_AWAY = new Set(['filter', 'sort', 'slice', 'reverse', 'trim']);
/** What people read: changed words change no copy. */
const WORDS = new Set(['message', 'nextStep']);
const SAYING = new Set(['log', 'documentError', 'passingError']);

/** Every change that the operators can make to one source, in its order. */
export function mutationsOf(file: string, source: string): Mutation[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const lines = source.split('\n');
  const found: Mutation[] = [];
  const add = (start: number, end: number, put: string): void => {
    const line = tree.getLineAndCharacterOfPosition(start).line;
    const what = `${short(source.slice(start, end))} → ${put === '' ? 'nothing' : short(put)}`;
    found.push({ file, start, end, put, line: line + 1, text: (lines[line] ?? '').trim(), what });
  };
  const replace = (node: ts.Node, put: string): void => add(node.getStart(), node.getEnd(), put);

  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (says(node)) return;
    if (ts.isBinaryExpression(node)) {
      const { operatorToken } = node;
      const opposite = OPPOSITE[operatorToken.kind];
      if (opposite !== undefined && !isText(node)) replace(operatorToken, opposite);
      if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) replace(node, node.right.getText());
    }
    if (ts.isIfStatement(node) || ts.isWhileStatement(node)) conditioned(node.expression);
    if (ts.isConditionalExpression(node)) conditioned(node.condition);
    if (ts.isNumericLiteral(node)) {
      const value = Number(node.text.replaceAll('_', ''));
      replace(node, String(value + 1));
      if (value > 0) replace(node, String(value - 1));
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) replace(node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) replace(node, 'true');
    if (ts.isExpressionStatement(node) && isCall(node.expression)) replace(node, ';');
    if (ts.isThrowStatement(node) || ts.isContinueStatement(node)) replace(node, ';');
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression;
      if (LEFT_AWAY.has(name.text)) replace(node, expression.getText());
      if (expression.getText() === 'Math' && (name.text === 'min' || name.text === 'max')) replace(name, name.text === 'min' ? 'max' : 'min');
    }
    if (ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node)) {
      const parts: readonly ts.Node[] = ts.isArrayLiteralExpression(node) ? node.elements : node.properties;
      for (const [at, part] of parts.entries()) {
        if (ts.isPropertyAssignment(part) && WORDS.has(part.name.getText())) continue;
        const next = parts[at + 1];
        add(part.getStart(), next === undefined ? part.getEnd() : next.getStart(), '');
      }
    }
    if (
      (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) &&
      node.body !== undefined &&
      /^(?:Promise<)?void>?$/u.test(node.type?.getText() ?? '')
    ) {
      add(node.body.getStart() + 1, node.body.getStart() + 1, ' return;');
    }
    ts.forEachChild(node, visit);
  };
  const conditioned = (condition: ts.Expression): void => {
    replace(condition, `!(${condition.getText()})`);
    replace(condition, 'false');
    replace(condition, 'true');
  };
  visit(tree);
  return found;
}

function isCall(expression: ts.Expression): boolean {
  return (ts.isAwaitExpression(expression) || ts.isCallExpression(expression)) && !says(expression);
}

/** A log line, or an error's sentences. */
function says(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node)) return WORDS.has(node.name.getText());
  if (!ts.isCallExpression(node)) return false;
  const callee = node.expression;
  return SAYING.has(ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText());
}

/** Texts that are joined, rather than numbers that are added. */
function isText(node: ts.BinaryExpression): boolean {
  return [node.left, node.right].some((side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side));
}

function short(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line === '' ? 'nothing' : line.length <= 90 ? line : `${line.slice(0, 87)}…`;
}

/** Where random changes are made: the engine, and the machine that moves its rows. */
export function territory(): string[] {
  const sync = readdirSync(join(checkout, 'src', 'sync'), { recursive: true, encoding: 'utf8' }).map((file) =>
    posix.join('src/sync', file.replaceAll('\\', '/')),
  );
  return [...sync, 'src/state/machine.ts', 'src/state/transition.ts', 'src/state/lease.ts']
    .filter((file) => file.endsWith('.ts') && !file.endsWith('/index.ts'))
    .sort();
}

/** All random mutations, in an order of their own that a change of one source hardly alters: number 1 is the first. */
export function allMutations(files: readonly string[] = territory(), read: (file: string) => string = sourceOf): Mutation[] {
  const keyed = files.flatMap((file) => {
    const times = new Map<string, number>();
    return mutationsOf(file, read(file)).map((mutation) => {
      const said = `${file}\n${mutation.text}\n${mutation.what}`;
      const time = times.get(said) ?? 0;
      times.set(said, time + 1);
      if (time > 0) mutation.what += ` (the ${time + 1}. such)`;
      return { mutation, key: createHash('sha256').update(`${said}\n${time}`).digest('hex') };
    });
  });
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ mutation }) => mutation);
}
