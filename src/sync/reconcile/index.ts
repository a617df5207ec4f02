export { adopt } from './adopt';
export { adoptSteps, describeReading, describeReconcile } from './describe';
export { estimateBytes, readChecksums } from './read-checksums';
export { forgetUnreadable, survey, type Surveyed } from './survey';
export { takeUp } from './take-up';
