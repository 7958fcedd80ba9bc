/** The promises about broken connections, against the fake server. */

import { serveFake } from '../support/serve-fake.js'
import { testFaults } from './faults.contract.js'

testFaults(() => serveFake())
