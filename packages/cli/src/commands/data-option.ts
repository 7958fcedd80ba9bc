/** The option of commands that work on a data directory without a server. */

/** `--data`: a directory that has to be there. */
export const DATA_OPTION = {
  data: {
    type: 'string',
    default: './data',
    describe: 'Data directory, that of tailrace serve --data',
  },
} as const
