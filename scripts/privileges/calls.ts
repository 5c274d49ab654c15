import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { BUILD_OPTIONS } from '../../lib/compile';

/** A call of an AWS API that code can make. */
export interface Call {
  /** What IAM asks for, such as `sns:Publish`. */
  action: string;
  /** Source file, relative to the project. */
  file: string;
}

/** What IAM calls the service of an SDK client. */
const SERVICES: Record<string, string | undefined> = {
  '@aws-sdk/client-secrets-manager': 'secretsmanager',
  '@aws-sdk/client-sns': 'sns',
};

/** Calls that IAM knows by another name (Service Authorization Reference, Amazon SNS). */
const KNOWN_AS: Record<string, string | undefined> = { 'sns:PublishBatch': 'sns:Publish' };

/** What a token of `processor/sign-in.ts` is the right to, by the service it is signed for. */
const SIGN_INS: Record<string, string | undefined> = {
  elasticache: 'elasticache:Connect',
  'rds-db': 'rds-db:connect',
};

/**
 * The calls that each function's code can make: the SDK commands it constructs and the sign-in tokens it signs, in any source
 * file that esbuild puts into its bundle.
 *
 * @param entryPoints source file of each function, relative to the project
 * @throws Error for a use of the SDK that does not show what is called
 */
export async function callsOf(
  projectRoot: string,
  entryPoints: Record<string, string>,
): Promise<Record<string, Call[]>> {
  const { metafile } = await build({ ...BUILD_OPTIONS, absWorkingDir: projectRoot, entryPoints, metafile: true });
  const calls = Object.values(metafile.outputs).map(({ entryPoint, inputs }): [string, Call[]] => {
    const name = Object.entries(entryPoints).find(([, file]) => file === entryPoint)?.[0] as string;
    const files = Object.keys(inputs);
    for (const file of files) {
      if (!isPackage(file) || /node_modules\/@(aws-sdk|smithy|aws-crypto)\//.test(file)) continue;
      const client = metafile.inputs[file]?.imports.find((imported) =>
        imported.path.includes('node_modules/@aws-sdk/'),
      );
      if (client) throw new Error(`${file}, which is part of ${name}, uses ${client.path}: find out what it calls`);
    }
    const own = files.filter((file) => /\.ts$/.test(file) && !isPackage(file));
    return [name, own.sort().flatMap((file) => callsIn(file, readFileSync(path.join(projectRoot, file), 'utf8')))];
  });
  return Object.fromEntries(calls);
}

const isPackage = (file: string) => file.includes('node_modules/');

/** The calls in one source file, in alphabetical order. @throws Error as `callsOf` */
export function callsIn(file: string, text: string): Call[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imported = new Map<string, { client: string; name: string }>();
  const actions = new Set<string>();
  const unclear = (node: ts.Node, why: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    return new Error(`${file}:${line + 1} does not show which AWS API it calls: ${why}`);
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) readImport(node);
    else if (ts.isNewExpression(node) || ts.isCallExpression(node)) readUse(node);
    ts.forEachChild(node, visit);
  };

  function readImport({ importClause, moduleSpecifier }: ts.ImportDeclaration): void {
    const client = (moduleSpecifier as ts.StringLiteral).text;
    if (!client.startsWith('@aws-sdk/') || importClause === undefined || importClause.isTypeOnly) return;
    const bindings = importClause.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) throw unclear(importClause, 'import by name');
    for (const { isTypeOnly, name, propertyName } of bindings.elements) {
      if (!isTypeOnly) imported.set(name.text, { client, name: (propertyName ?? name).text });
    }
  }

  function readUse(node: ts.NewExpression | ts.CallExpression): void {
    const [first] = node.arguments ?? [];
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require') {
      if (first && ts.isStringLiteral(first) && first.text.startsWith('@aws-sdk/'))
        throw unclear(node, 'import by name');
    } else if (node.expression.getText() === 'signInToken') {
      const service = first && ts.isObjectLiteralExpression(first) ? textOf(first, 'service') : undefined;
      const action = SIGN_INS[service ?? ''];
      if (action === undefined) throw unclear(node, 'state the service of the token as text');
      actions.add(action);
    } else {
      const used = imported.get(node.expression.getText());
      if (used !== undefined) addCall(node, used);
    }
  }

  function addCall(node: ts.Node, { client, name }: { client: string; name: string }): void {
    if (/(Client|Exception|Fault)$/.test(name)) return;
    const [, operation] = /^(?:paginate)?(\w+?)(?:Command)?$/.exec(name) as RegExpExecArray;
    if (!/^paginate|Command$/.test(name)) throw unclear(node, `use commands instead of ${name}`);
    const service = SERVICES[client];
    if (service === undefined) throw unclear(node, `add ${client} to SERVICES in scripts/privileges/calls.ts`);
    const action = `${service}:${operation}`;
    actions.add(KNOWN_AS[action] ?? action);
  }

  visit(source);
  return [...actions].sort().map((action) => ({ action, file }));
}

function textOf(object: ts.ObjectLiteralExpression, key: string): string | undefined {
  const property = object.properties.find((candidate) => candidate.name?.getText() === key);
  if (property === undefined || !ts.isPropertyAssignment(property)) return undefined;
  return ts.isStringLiteral(property.initializer) ? property.initializer.text : undefined;
}
