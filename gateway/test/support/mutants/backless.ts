/**
 * A gateway that does not read what was published while Redis was away. To be loaded before it, see GatewayProcess.launch.
 */
import { CatchUp } from '../../../src/fanout/catch-up.js';

CatchUp.prototype.brokerBack = () => {};
