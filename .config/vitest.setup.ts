/** Runs before each test file: gives every property test the run's one seed. */

import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['TAILRACE_SEED']) })
