/** Commands about damage, as people type them: to be copied from a message into a shell. */

const PLAIN = /^[\w./@:+-]+$/

/** `tailrace repair orders --data ./data`. */
export function repairWords(stream: string, data: string): string {
  return `tailrace repair ${stream} --data ${shellWord(data)}`
}

/** `tailrace verify orders --data ./data`. */
export function verifyWords(stream: string, data: string): string {
  return `tailrace verify ${stream} --data ${shellWord(data)}`
}

/** One word to a POSIX shell, whatever is in it. */
function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
