/** The promises about broken connections, against the real server and a real store. */

import { serveReal } from '../support/serve-real.js'
import { testFaults } from './faults.contract.js'

testFaults(() => serveReal())
