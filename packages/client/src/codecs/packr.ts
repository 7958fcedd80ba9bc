/**
 * msgpackr, set to standard MessagePack.
 *
 * `useRecords: false` keeps to the standard (msgpackr's records are an extension of its own) and away
 * from code made at run time, so it works in a page whose Content Security Policy forbids that.
 * `msgpackr/pack` has neither streams nor a native part: the same code runs in Node and in browsers.
 */

import type { Options, Packr as PackrType } from 'msgpackr'
import { Packr, REUSE_BUFFER_MODE, RESET_BUFFER_MODE } from 'msgpackr/pack'

/** The declarations of `msgpackr/pack` lead nowhere for ESM; those of `msgpackr` are the same class. */
const TypedPackr = Packr as unknown as typeof PackrType

/** An encoder and decoder. */
export type StandardPackr = PackrType

/** With this, `pack` returns msgpackr's own buffer, with `start` and `end` of the value set on it. */
export const PACK_IN_PLACE = (REUSE_BUFFER_MODE as number) | (RESET_BUFFER_MODE as number)

/** Makes an encoder and decoder. */
export function createPackr(options: Options = {}): StandardPackr {
  return new TypedPackr({ ...options, useRecords: false, variableMapSize: true })
}
