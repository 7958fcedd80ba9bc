/** Figures that several scenarios report alike. */
import type { Timing } from './actor.js'
import type { Column } from './scenario.js'

/** Rate and cost of moving records; `throughput` fills them. */
export const THROUGHPUT_COLUMNS: readonly Column[] = [
  { key: 'recordsPerSecond', title: 'M records/s (min–max)', digits: 2 },
  { key: 'gigabytesPerSecond', title: 'GB/s', digits: 2 },
  { key: 'clientCpu', title: 'CPU s/M client', digits: 3 },
  { key: 'serverCpu', title: 'server', digits: 3 },
]

/** Rate and times of acknowledgements that are waited for one by one. */
export const ACK_COLUMNS: readonly Column[] = [
  { key: 'recordsPerSecond', title: 'k records/s (min–max)', digits: 1 },
  { key: 'p50', title: 'ack p50 ms', digits: 2 },
  { key: 'p99', title: 'p99 ms', digits: 2 },
  { key: 'syncsPerSecond', title: 'fdatasyncs/s', digits: 0 },
  { key: 'clientCpu', title: 'CPU s/M client', digits: 2 },
  { key: 'serverCpu', title: 'server', digits: 2 },
]

/** What was moved, in which time, at which cost in processor seconds. */
export interface Moved extends Timing {
  readonly records: number
  readonly bytes: number
  readonly serverCpuSeconds: number
}

/** The values of THROUGHPUT_COLUMNS, with the number of records and the seconds. */
export function throughput(moved: Moved): Record<string, number> {
  const { records, bytes, seconds, cpuSeconds, serverCpuSeconds } = moved
  const millions = records / 1e6
  return {
    records,
    seconds,
    recordsPerSecond: millions / seconds,
    gigabytesPerSecond: bytes / seconds / 1e9,
    clientCpu: cpuSeconds / millions,
    serverCpu: serverCpuSeconds / millions,
  }
}
