/** One step of the schema. Steps are numbered without gaps and only ever added. */
export interface Migration {
  /** What user_version is after it. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
