/** The options of `tail` and `replay` about what a record looks like. */

/** A new object at each call, because the parser may keep it. */
export function writerOptions() {
  return {
    format: {
      choices: ['value', 'json', 'full'] as const,
      default: 'value',
      describe: 'The bytes of the value; everything, as JSON; or offset, time and value to look at',
    },
    offsets: {
      type: 'boolean',
      default: false,
      describe: 'Begin every value with its offset and a tab',
    },
    codec: {
      choices: ['auto', 'msgpack'] as const,
      default: 'auto',
      describe: 'msgpack: show values that a client stored as MessagePack as JSON',
    },
    'final-newline': {
      type: 'boolean',
      default: true,
      describe: '--no-final-newline for the copy of a file whose last line has none',
    },
    clamp: {
      type: 'boolean',
      default: false,
      describe: 'Begin at the nearest record when --from is out of range',
    },
  } as const
}
