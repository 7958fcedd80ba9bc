/** What a module declares and exports under its own name. */

import ts from 'typescript'

/** An exported declaration. */
export interface ExportedDeclaration {
  readonly name: string
  readonly kind: 'function' | 'class' | 'interface' | 'type' | 'constant'
  readonly node: ts.Node
  /** Whether a docblock with words in it stands before it. */
  readonly isDocumented: boolean
}

/** The declarations with `export` before them; re-exports are imports and not among them. */
export function exportedDeclarations(source: ts.SourceFile): ExportedDeclaration[] {
  const found: ExportedDeclaration[] = []
  for (const statement of source.statements) {
    if (!isExported(statement)) continue
    const isDocumented = hasDocblock(statement)
    for (const { name, kind } of declaredBy(statement)) {
      found.push({ name, kind, node: statement, isDocumented })
    }
  }
  return mergeOverloads(found)
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false
  const modifiers = ts.getModifiers(statement) ?? []
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

function declaredBy(statement: ts.Statement): Pick<ExportedDeclaration, 'name' | 'kind'>[] {
  if (ts.isFunctionDeclaration(statement)) return [named('function', statement.name)]
  if (ts.isClassDeclaration(statement)) return [named('class', statement.name)]
  if (ts.isInterfaceDeclaration(statement)) return [named('interface', statement.name)]
  if (ts.isTypeAliasDeclaration(statement)) return [named('type', statement.name)]
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.map(({ name, initializer }) => {
    const isFunction =
      initializer !== undefined &&
      (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))
    return { name: name.getText(), kind: isFunction ? 'function' : 'constant' }
  })
}

function named(
  kind: ExportedDeclaration['kind'],
  name: ts.Identifier | undefined,
): Pick<ExportedDeclaration, 'name' | 'kind'> {
  return { kind, name: name?.text ?? 'default' }
}

function hasDocblock(node: ts.Node): boolean {
  return ts
    .getJSDocCommentsAndTags(node)
    .some((part) => (ts.getTextOfJSDocComment(part.comment) ?? '').trim() !== '')
}

/** An overloaded function is documented when one of its signatures is. */
function mergeOverloads(declarations: readonly ExportedDeclaration[]): ExportedDeclaration[] {
  const byName = new Map<string, ExportedDeclaration>()
  for (const declaration of declarations) {
    const key = `${declaration.kind} ${declaration.name}`
    const known = byName.get(key)
    byName.set(key, known?.isDocumented === true ? known : declaration)
  }
  return [...byName.values()]
}
