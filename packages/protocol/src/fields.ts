/**
 * Reads the fields of a decoded control message, one check at a time.
 *
 * Every refusal names the field by its path, what it is, what it must be, and the command:
 * `field "from.last" is -1, must be an integer from 0 to 9007199254740991 (SUBSCRIBE)`.
 * Fields nobody asks for are ignored: a newer peer may send them. For an optional field nil is the
 * same as absent. Only a map's own fields count, so nothing inherited is ever mistaken for one.
 */

import { STRING_LENGTH_MAX } from './limits.js'
import { malformed } from './malformed.js'
import { decodeControl, isWireMap, type WireMap } from './messagepack/control-codec.js'

const SHOWN_LENGTH_MAX = 60

/** Bounds of an integer, both included. */
export interface IntegerRange {
  readonly min?: number
  readonly max?: number
}

/** Bounds of a string's length in UTF-16 units, both included. */
export interface LengthRange {
  readonly lengthMin?: number
  readonly lengthMax?: number
}

/** The fields of one map in a control message. */
export class Fields {
  private constructor(
    private readonly source: WireMap,
    private readonly command: string,
    private readonly path: string,
  ) {}

  /**
   * Decodes a control body.
   *
   * @throws {ProtocolError} MALFORMED_FRAME as `decodeControl`.
   */
  static decode(body: Uint8Array, command: string): Fields {
    return new Fields(decodeControl(body, command), command, '')
  }

  /** Whether the field is there and not nil. */
  has(name: string): boolean {
    return this.value(name) !== undefined
  }

  /** An integer, by default from 0 to 2^53 − 1. Accepts a float that has an integer's value. */
  integer(name: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange = {}): number {
    const value = this.value(name)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
      return value + 0 // −0 becomes 0
    }
    throw this.fault(name, `an integer from ${min} to ${max}`)
  }

  /** A string, by default of at most `STRING_LENGTH_MAX`. */
  string(name: string, { lengthMin = 0, lengthMax = STRING_LENGTH_MAX }: LengthRange = {}): string {
    const value = this.value(name)
    if (typeof value === 'string' && value.length >= lengthMin && value.length <= lengthMax) {
      return value
    }
    throw this.fault(name, `a string of ${lengthMin} to ${lengthMax} characters`)
  }

  /** A string that matches `pattern`; `rule` says in words what that means. */
  matching(name: string, pattern: RegExp, rule: string): string {
    const value = this.value(name)
    if (typeof value === 'string' && value.length <= STRING_LENGTH_MAX && pattern.test(value)) {
      return value
    }
    throw this.fault(name, rule)
  }

  /** One of a few strings. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.value(name)
    const found = allowed.find((candidate) => candidate === value)
    if (found !== undefined) return found
    throw this.fault(name, `one of ${allowed.map((item) => `"${item}"`).join(', ')}`)
  }

  /** True or false. */
  boolean(name: string): boolean {
    const value = this.value(name)
    if (typeof value === 'boolean') return value
    throw this.fault(name, 'true or false')
  }

  /** Nothing but true: the field stands for a choice that has no value of its own. */
  marker(name: string): true {
    if (this.value(name) === true) return true
    throw this.fault(name, 'true')
  }

  /** A map, as fields of their own. */
  map(name: string): Fields {
    const value = this.value(name)
    if (isWireMap(value)) return this.inner(value, name)
    throw this.fault(name, 'a map')
  }

  /** A map that is passed on without a look inside; what it holds is plain MessagePack. */
  rawMap(name: string): WireMap {
    const value = this.value(name)
    if (isWireMap(value)) return value
    throw this.fault(name, 'a map')
  }

  /** An array of maps. */
  maps(name: string): Fields[] {
    return this.array(name).map((item, index) => {
      if (isWireMap(item)) return this.inner(item, `${name}[${index}]`)
      throw this.faultAt(`${name}[${index}]`, item, 'a map')
    })
  }

  /** An array of integers. */
  integers(name: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange = {}): number[] {
    return this.array(name).map((item, index) => {
      const isFitting =
        typeof item === 'number' && Number.isSafeInteger(item) && item >= min && item <= max
      if (isFitting) return item
      throw this.faultAt(`${name}[${index}]`, item, `an integer from ${min} to ${max}`)
    })
  }

  /** An array of strings of at most `STRING_LENGTH_MAX`. */
  strings(name: string): string[] {
    return this.array(name).map((item, index) => {
      if (typeof item === 'string' && item.length <= STRING_LENGTH_MAX) return item
      throw this.faultAt(
        `${name}[${index}]`,
        item,
        `a string of 0 to ${STRING_LENGTH_MAX} characters`,
      )
    })
  }

  /**
   * The one field of this map among `choices`: a union says by its key which member it is.
   *
   * @throws {ProtocolError} MALFORMED_FRAME when there is none or more than one.
   */
  choice<T extends string>(choices: readonly T[]): T {
    const present = choices.filter((name) => this.has(name))
    const [first] = present
    if (first !== undefined && present.length === 1) return first
    const shown = present.length === 0 ? 'none' : present.map((name) => `"${name}"`).join(' and ')
    throw malformed(
      `field "${this.path}" has ${shown} of its choices, must have one of ` +
        `${choices.map((name) => `"${name}"`).join(', ')} (${this.command})`,
      { field: this.path },
    )
  }

  /** The error for a field that is there but does not fit with the others. */
  fault(name: string, allowed: string): Error {
    return this.faultAt(name, this.value(name), allowed)
  }

  private array(name: string): readonly unknown[] {
    const value = this.value(name)
    if (Array.isArray(value)) return value as readonly unknown[]
    throw this.fault(name, 'an array')
  }

  private inner(map: WireMap, name: string): Fields {
    return new Fields(map, this.command, this.pathOf(name))
  }

  /** The value of the map's own field; undefined for nil. */
  private value(name: string): unknown {
    return Object.hasOwn(this.source, name) ? (this.source[name] ?? undefined) : undefined
  }

  private faultAt(name: string, value: unknown, allowed: string): Error {
    const field = this.pathOf(name)
    const shown = value === undefined ? 'missing' : show(value)
    return malformed(`field "${field}" is ${shown}, must be ${allowed} (${this.command})`, {
      field,
    })
  }

  private pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }
}

function show(value: unknown): string {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return String(value)
    case 'string':
      return value.length <= SHOWN_LENGTH_MAX
        ? JSON.stringify(value)
        : `${JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX))}… (${value.length} characters)`
    default:
      if (Array.isArray(value)) return `an array of ${value.length}`
      return value instanceof Uint8Array ? `binary of ${value.byteLength} bytes` : 'a map'
  }
}
