import { randomId } from './identifiers';
import type { Environment } from '../environment';
import type { Profile } from '../profile';
import { DocumentTable } from './document-table';
import { Table } from './table';
import { Zone } from './times';
import type { CustomFieldRow, Grants, GroupRow, JsonRow, Micros, StoragePathRow, TagRow, TaskRow, TaxonRow, UserRow, WorkflowRow } from './rows';

/** One instance's database. Rules live beside it, one file a thought; this is only the tables and the clock's stamps. */
export class Store {
  readonly documents = new DocumentTable();
  readonly tags = new Table<TagRow>();
  readonly correspondents = new Table<TaxonRow>();
  readonly documentTypes = new Table<TaxonRow>();
  readonly storagePaths = new Table<StoragePathRow>();
  readonly customFields = new Table<CustomFieldRow>();
  readonly users = new Table<UserRow>();
  readonly groups = new Table<GroupRow>();
  readonly tasks = new Table<TaskRow>();
  readonly workflows = new Table<WorkflowRow>();
  readonly mailAccounts = new Table<JsonRow>();
  readonly mailRules = new Table<JsonRow>();
  /** What of the application's configuration somebody set; null once its row was deleted. */
  configured: Record<string, unknown> | null = {};
  readonly zone: Zone;
  nextNoteId = 1;
  nextDeletion = 1;
  readonly nextWorkflowPart = { triggers: 1, actions: 1, webhooks: 1 };
  #last: Micros = 0;

  constructor(
    readonly profile: Profile,
    readonly environment: Environment,
    zone: string,
  ) {
    this.zone = new Zone(zone);
  }

  /** The present moment; never the same one twice, so that rows keep their order as microseconds do on a real server. */
  stamp(): Micros {
    this.#last = Math.max(this.#last + 1, Math.floor(this.environment.clock.now() * 1000));
    return this.#last;
  }

  uuid(): string {
    return randomId.uuid(this.environment.random);
  }

  token(): string {
    return randomId.hex(this.environment.random, 40);
  }

  optionId(): string {
    return randomId.alphanumeric(this.environment.random, 16);
  }
}

export function noGrants(): Grants {
  return { view: { users: [], groups: [] }, change: { users: [], groups: [] } };
}
