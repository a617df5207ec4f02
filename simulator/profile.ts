/** What differs between the two paperless versions that are simulated, as data. */
export interface Profile {
  version: SimulatedVersion;
  major: 2 | 3;
  /** Accepted in the Accept header; the last is also what X-Api-Version says. */
  apiVersions: number[];
  defaultApi: number;
  /** Which digest identifies a file; 2.x refuses a second document with the same one. */
  digest: 'md5' | 'sha256';
}

export type SimulatedVersion = '2.20.15' | '3.0.5';

const profiles: Record<SimulatedVersion, Profile> = {
  '2.20.15': { version: '2.20.15', major: 2, apiVersions: [1, 2, 3, 4, 5, 6, 7, 8, 9], defaultApi: 9, digest: 'md5' },
  '3.0.5': { version: '3.0.5', major: 3, apiVersions: [9, 10], defaultApi: 10, digest: 'sha256' },
};

export function isSimulatedVersion(text: string): text is SimulatedVersion {
  return Object.hasOwn(profiles, text);
}

export function profileOf(version: SimulatedVersion): Profile {
  return profiles[version];
}

export const simulatedVersions = Object.keys(profiles);
