/**
 * The name of stdin where a file is expected.
 *
 * The parser of the command line takes a `-` for the beginning of an option without a name, so it is
 * replaced by this name before.
 */

/** Stands for stdin. */
export const STDIN_NAME = '/dev/stdin'
