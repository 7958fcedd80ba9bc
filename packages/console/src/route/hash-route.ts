/**
 * The page's state as the part of its address behind `#`.
 *
 * `#/?filter=ord` is the list of streams, `#/streams/orders?from=first&as=hex&record=17` one stream.
 * Everything that a reload or a link must bring back is here, and nothing else: the address is the
 * only place where the page keeps what the user chose.
 */

import {
  formatStartPosition,
  parseStartPosition,
  START_DEFAULT,
  type StartPosition,
} from './start-position.js'

/** The ways to show a record's value; `auto` looks at the bytes. */
export const VALUE_FORMATS = ['auto', 'json', 'msgpack', 'text', 'hex'] as const

/** A way to show a record's value. */
export type ValueFormat = (typeof VALUE_FORMATS)[number]

/** The list of streams. */
export interface StreamsRoute {
  readonly view: 'streams'
  readonly filter: string
}

/** One stream, read from a position. */
export interface StreamRoute {
  readonly view: 'stream'
  readonly name: string
  readonly from: StartPosition
  /** What stood in the place of a start, when it was none. */
  readonly invalidFrom?: string
  /** Whether to keep the newest record in view; undefined leaves it to the start position. */
  readonly follow?: boolean
  readonly format: ValueFormat
  /** The offset of the record whose details are open. */
  readonly record?: number
}

/** A state of the page. */
export type Route = StreamsRoute | StreamRoute

const STREAM_PATH = /^\/streams\/([^/]+)\/?$/

/** Reads the state from `location.hash`; whatever it does not know is the list of streams. */
export function parseRoute(hash: string, nowMs: number): Route {
  const text = hash.replace(/^#/, '')
  const queryAt = text.indexOf('?')
  const path = queryAt === -1 ? text : text.slice(0, queryAt)
  const query = new URLSearchParams(queryAt === -1 ? '' : text.slice(queryAt + 1))
  const match = STREAM_PATH.exec(path)
  if (match === null) return { view: 'streams', filter: query.get('filter') ?? '' }
  return parseStreamRoute(decodeName(match[1] ?? ''), { query, nowMs })
}

/** Writes a state as `location.hash` takes it. */
export function formatRoute(route: Route): string {
  const query = new URLSearchParams()
  if (route.view === 'streams') {
    if (route.filter !== '') query.set('filter', route.filter)
    return withQuery('#/', query)
  }
  query.set('from', route.invalidFrom ?? formatStartPosition(route.from))
  if (route.follow !== undefined) query.set('follow', String(route.follow))
  if (route.format !== 'auto') query.set('as', route.format)
  if (route.record !== undefined) query.set('record', String(route.record))
  return withQuery(`#/streams/${encodeURIComponent(route.name)}`, query)
}

/** The state that shows a stream from `from`, everything else as it is when one comes new. */
export function streamRoute(name: string, from: StartPosition = START_DEFAULT): StreamRoute {
  return { view: 'stream', name, from, format: 'auto' }
}

/** Whether two states read the same records, so that going from one to the other reads nothing anew. */
export function isSameReading(one: Route, other: Route): boolean {
  if (one.view !== 'stream' || other.view !== 'stream') return false
  return (
    one.name === other.name &&
    one.invalidFrom === other.invalidFrom &&
    formatStartPosition(one.from) === formatStartPosition(other.from)
  )
}

interface QueryContext {
  readonly query: URLSearchParams
  readonly nowMs: number
}

function parseStreamRoute(name: string, { query, nowMs }: QueryContext): StreamRoute {
  const fromText = query.get('from')
  const from = fromText === null ? START_DEFAULT : parseStartPosition(fromText, nowMs)
  const follow = parseFlag(query.get('follow'))
  const record = parseRecord(query.get('record'))
  return {
    ...streamRoute(name, from),
    ...(from === undefined && fromText !== null ? { invalidFrom: fromText } : {}),
    ...(follow === undefined ? {} : { follow }),
    format: VALUE_FORMATS.find((format) => format === query.get('as')) ?? 'auto',
    ...(record === undefined ? {} : { record }),
  }
}

/** A name that is not properly escaped is taken as it stands; the server will say what it thinks of it. */
function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function parseFlag(text: string | null): boolean | undefined {
  if (text === 'true') return true
  return text === 'false' ? false : undefined
}

function parseRecord(text: string | null): number | undefined {
  if (text === null || !/^\d+$/.test(text)) return undefined
  const offset = Number(text)
  return Number.isSafeInteger(offset) ? offset : undefined
}

/** `:` and `/` may stand in a fragment as they are, and `last:100` reads better so. */
function withQuery(path: string, query: URLSearchParams): string {
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/')
  return text === '' ? path : `${path}?${text}`
}
