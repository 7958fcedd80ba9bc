/** What the operator of a server is told when a stream was opened and something was found. */

import type { RecoveryReport } from '@tailrace/core'

/** A line for each thing that was found. */
export function recoveryNotice(stream: string, report: RecoveryReport): string {
  const { tornTail, damage, forgottenProducers } = report
  const lines: string[] = []
  if (damage !== undefined) {
    const { from, segment, reason } = damage
    lines.push(
      `stream "${stream}" is damaged from offset ${from} on (${segment}: ${reason}); it takes no ` +
        `appends and is read up to there; see: tailrace verify ${stream}`,
    )
  }
  if (tornTail !== undefined) {
    const { truncatedBytes, nextOffset, evidence } = tornTail
    lines.push(
      `stream "${stream}" had ${truncatedBytes} bytes behind its last whole batch, which no sync had ` +
        `seen; they were cut off and are kept in ${evidence}; the next offset is ${nextOffset}`,
    )
  }
  if (forgottenProducers !== undefined) {
    const { belowOffset, reason } = forgottenProducers
    lines.push(
      `stream "${stream}" does not know who wrote the records below offset ${belowOffset}, which were ` +
        `removed (${reason}); what their producers send again may be stored twice; the file can be ` +
        'restored from a copy while the server is stopped',
    )
  }
  return lines.join('\n')
}
