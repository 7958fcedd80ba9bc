/**
 * Text from a record, made safe to print: control characters are shown, not sent.
 *
 * Otherwise whoever writes into a stream could move the cursor, change colours or the title of the
 * terminal of whoever looks at it.
 */

// All of C0 and C1 but the tab.
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/g

/** `text` with control characters as `\x1b`. */
export function visible(text: string): string {
  return text.replaceAll(
    CONTROL_CHARACTERS,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
