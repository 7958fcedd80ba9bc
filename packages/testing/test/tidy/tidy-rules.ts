/** The rules of docs/STYLE.md that a machine checks and the linter does not. */

import { DOCUMENT_RULES } from './rules/document-rules.js'
import { EXPORT_RULES } from './rules/export-rules.js'
import { IMPORT_RULES } from './rules/import-rules.js'
import { LAYOUT_RULES } from './rules/layout-rules.js'
import { SYNTAX_RULES } from './rules/syntax-rules.js'
import type { TidyRule } from './violation.js'

/** In the order in which they are reported. */
export const TIDY_RULES: readonly TidyRule[] = [
  ...LAYOUT_RULES,
  ...SYNTAX_RULES,
  ...IMPORT_RULES,
  ...EXPORT_RULES,
  ...DOCUMENT_RULES,
]
