/** Base of what this room throws on purpose: the message is a sentence and what to do about it. */
export class StateError extends Error {
  constructor(
    /** Stable and machine-readable. */
    readonly code: string,
    sentence: string,
    /** What to do now; part of the message as well. */
    readonly nextStep: string,
    options?: ErrorOptions,
  ) {
    super(nextStep === '' ? sentence : `${sentence} ${nextStep}`, options);
    this.name = new.target.name;
  }
}

export class DatabaseUnwritableError extends StateError {
  constructor(path: string, why: string, nextStep: string, options?: ErrorOptions) {
    super('database_unwritable', `The database ${path} can't be written: ${why}.`, nextStep, options);
  }
}

/** The file is there and isn't (or isn't any more) a database of ours. */
export class DatabaseUnusableError extends StateError {
  constructor(path: string, why: string, nextStep: string, options?: ErrorOptions) {
    super('database_unusable', `The database ${path} can't be used: ${why}.`, nextStep, options);
  }
}

export class DatabaseInUseError extends StateError {
  constructor(readonly path: string) {
    super(
      'database_in_use',
      `Another process is using the database ${path}.`,
      'Stop that process first, or use a command that talks to it; one database has one controller.',
    );
  }
}

export class SchemaVersionError extends StateError {
  constructor(path: string, sentence: string, nextStep: string) {
    super('schema_version', `The database ${path} ${sentence}`, nextStep);
  }
}

export class SecretKeyError extends StateError {
  constructor(sentence: string, nextStep: string) {
    super('secret_key', sentence, nextStep);
  }
}

/** A stored secret can't be read with this key. The token itself is in no message. */
export class InvalidTokenError extends StateError {
  constructor(what: string) {
    super(
      'invalid_token',
      `${what} can't be decrypted with this SECRET_KEY.`,
      'Start with the key that it was stored under, or enter the secret again.',
    );
  }
}

export class SettingError extends StateError {
  constructor(
    readonly key: string,
    sentence: string,
  ) {
    super('setting', sentence, '');
  }
}

export class ReplicaExistsError extends StateError {
  constructor(
    readonly field: 'name' | 'url',
    value: string,
  ) {
    super('replica_exists', `There is a replica with the ${field} ${value} already.`, 'Choose another, or change the one that is there.');
  }
}

export class InvalidReplicaError extends StateError {
  constructor(
    readonly field: string,
    sentence: string,
  ) {
    super('invalid_replica', sentence, '');
  }
}

/** Something was named by an id that nothing has. */
export class NotFoundError extends StateError {
  constructor(what: string, id: number | string) {
    super('not_found', `There is no ${what} ${id}.`, '');
  }
}

/** A second row wants a replica document that another row has. */
export class PairTakenError extends StateError {
  constructor(
    readonly rowId: number,
    readonly replicaDocId: number,
    readonly masterDocId: number,
  ) {
    super(
      'pair_taken',
      `Row ${rowId} can't take the replica's document ${replicaDocId}: it is the copy of the master's document ${masterDocId}.`,
      'Give up that pair first, if it is wrong.',
    );
  }
}

export class LeaseHeldError extends StateError {
  constructor(
    readonly holder: string,
    readonly expiresAt: string,
  ) {
    super('lease_held', `${holder} is at work until ${expiresAt}.`, 'Wait for it to end, or until then; a run that died gives way by itself.');
  }
}

export class StaleEpochError extends StateError {
  constructor(
    readonly epoch: number,
    readonly current: number,
  ) {
    super('stale_epoch', `The work of epoch ${epoch} is over (now: ${current}); nothing of it was written.`, 'Start a new run.');
  }
}
