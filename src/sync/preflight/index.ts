export { judgeAutomation, type Automation } from './automation';
export { ACCEPTABLE, type Finding, type Severity } from './findings';
export { judgeHistory, judgeLibrary, NEWEST, SHRUNKEN_LEAST, SHRUNKEN_SHARE } from './library';
export { judgePeople, type People } from './people';
export {
  acceptFinding,
  endAcceptance,
  forgetPreflight,
  instanceKey,
  isAccepted,
  keepPreflight,
  preflightOf,
  type KeptFinding,
  type Look,
  type Preflight,
} from './record';
