/**
 * msgpackr as it comes, without our check in front: what the check is compared with.
 */

import type { Packr } from 'msgpackr'
import { Packr as PackrClass } from 'msgpackr/pack'

const TypedPackr = PackrClass as unknown as typeof Packr

/** Writes standard MessagePack, and reads whatever msgpackr reads. */
export const plainMsgpackr = new TypedPackr({ useRecords: false, variableMapSize: true })
