export {
  checkId,
  groupChannel,
  maxIdBytes,
  userChannel,
} from './channel.js';
export {
  type ApplicationCode,
  applicationCodes,
  type CloseCode,
  clientErrorCodes,
  closeCodes,
  closeRule,
  type ErrorCode,
  errorCodes,
  isApplicationCode,
} from './codes.js';
export {
  checkAction,
  checkDetails,
  decodeJson,
  detailsOf,
  encodeJson,
  normalize,
  type Refused,
} from './frame.js';
export { compareWithLast, type Position, parsePosition } from './position.js';
export {
  type Former,
  type Frame,
  isSystemAction,
  jsonProtocol,
  maxTabsPerSocket,
  msgpackProtocol,
  type Positions,
  resumeProtocol,
  type SystemAction,
  sharedProtocol,
  systemActions,
  type Welcome,
} from './protocol.js';
export {
  checkConnectionId,
  checkTarget,
  connectionId,
  gatewayOf,
  type Invalid,
  maxTargets,
  type Target,
  targetChannels,
} from './target.js';
