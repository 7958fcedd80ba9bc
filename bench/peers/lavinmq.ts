/**
 * LavinMQ, which is not among Debian's packages: its figures, measured elsewhere on the same kind of machine.
 *
 * RabbitMQ Streams was measured there, too, publishing and replaying; where it takes part in a run, what it
 * does here and did there makes figures of this machine of those of that one. It is a rough bridge: its
 * client was set up for that run as somebody saw fit.
 */
import type { Elsewhere } from '../harness/scenario.js'

const ABOUT =
  'measured elsewhere on the same kind of machine: LavinMQ 2.9.1, one publisher, one consumer, stream queue, 128 B; over TCP with its own load generator, a compiled program, over a WebSocket with its own Node client'
const PUBLISHED_BY_RABBITMQ = { subject: 'rabbitmq', value: 0.568 } as const
const REPLAYED_BY_RABBITMQ = { subject: 'rabbitmq', value: 0.486 } as const

const RATE = { figure: 'recordsPerSecond', bound: 'at least', unit: '×' } as const
const P99_MS = { figure: 'p99', bound: 'at most', unit: 'ms' } as const

/** By scenario; rates in millions of records a second, times in milliseconds. */
export const LAVINMQ = {
  publish: {
    about: `${ABOUT}; a confirm waits for a batched syncfs, so it compares with fsync`,
    rows: [
      {
        subject: 'lavinmq tcp, confirmed',
        values: { recordsPerSecond: 0.525, serverCpu: 1.06 },
        reference: 'fsync',
        bridge: PUBLISHED_BY_RABBITMQ,
      },
      {
        subject: 'lavinmq tcp, unconfirmed',
        values: { recordsPerSecond: 1.092, serverCpu: 0.67 },
        reference: 'relaxed',
        bridge: PUBLISHED_BY_RABBITMQ,
      },
      {
        subject: 'lavinmq ws, confirmed',
        values: { recordsPerSecond: 0.06, serverCpu: 5.1 },
        reference: 'fsync',
        bridge: PUBLISHED_BY_RABBITMQ,
      },
    ],
    wanted: [
      { ...RATE, subject: 'relaxed', value: 8, against: 'lavinmq tcp, confirmed' },
      { ...RATE, subject: 'fsync', value: 8, against: 'lavinmq tcp, confirmed' },
      { ...RATE, subject: 'fsync', value: 30, against: 'lavinmq ws, confirmed' },
    ],
  },
  replay: {
    about: ABOUT,
    rows: [
      {
        subject: 'lavinmq tcp',
        values: { recordsPerSecond: 1.793, serverCpu: 0.43 },
        reference: 'again',
        bridge: REPLAYED_BY_RABBITMQ,
      },
      {
        subject: 'lavinmq ws',
        values: { recordsPerSecond: 0.192, serverCpu: 3 },
        reference: 'again',
        bridge: REPLAYED_BY_RABBITMQ,
      },
    ],
    wanted: ['first', 'again'].flatMap((subject) => [
      { ...RATE, subject, value: 5, against: 'lavinmq tcp' },
      { ...RATE, subject, value: 30, against: 'lavinmq ws' },
    ]),
  },
  endToEnd: {
    about: `${ABOUT}; the publisher ran free; no other system was measured so there`,
    rows: [
      {
        subject: 'lavinmq tcp',
        values: { recordsPerSecond: 0.337, serverCpu: 0.77 },
        reference: 'relaxed',
      },
    ],
    wanted: [{ ...RATE, subject: 'relaxed', value: 10, against: 'lavinmq tcp' }],
  },
  fanOut: {
    about: `${ABOUT}; the sum of all deliveries; no other system was measured so there`,
    rows: [
      {
        subject: 'lavinmq tcp × 4',
        values: { recordsPerSecond: 0.462, serverCpu: 1.1 },
        reference: 'relaxed × 4',
      },
      {
        subject: 'lavinmq tcp × 8',
        values: { recordsPerSecond: 0.582, serverCpu: 1.1 },
        reference: 'relaxed × 8',
      },
    ],
    wanted: [4, 8].map((count) => ({
      ...RATE,
      subject: `relaxed × ${count}`,
      value: 8,
      against: `lavinmq tcp × ${count}`,
    })),
  },
  latency: {
    about: `${ABOUT}; 10,000 records/s, confirmed; no other system was measured so there`,
    rows: [
      {
        subject: 'lavinmq tcp, high rate',
        values: { p50: [0.34, 0.43], p99: [2.6, 2.9] },
        reference: 'fsync, high rate',
      },
    ],
    wanted: ['relaxed', 'fsync'].map((durability) => ({
      ...P99_MS,
      subject: `${durability}, high rate`,
      value: 2.6,
    })),
  },
} satisfies Record<string, Elsewhere>
