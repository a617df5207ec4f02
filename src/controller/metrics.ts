import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ExchangeObserver } from '../paperless/metrics';
import type { Store } from '../state';

/** The PRD's metrics and ours, read from the registry when they are asked for. */
export class Metrics {
  private readonly registry = new Registry();
  readonly documents = new Counter({
    name: 'pngx_sync_docs_total',
    help: 'Documents settled, by replica and outcome.',
    labelNames: ['replica', 'status'],
    registers: [this.registry],
  });
  readonly duration = new Histogram({
    name: 'pngx_sync_duration_seconds',
    help: 'How long cycles took.',
    labelNames: ['triggered_by'],
    buckets: [0.5, 1, 5, 15, 60, 300, 900, 1800, 3600],
    registers: [this.registry],
  });
  private readonly requests = new Counter({
    name: 'pngx_requests_total',
    help: 'HTTP requests, by instance, operation and status.',
    labelNames: ['instance', 'operation', 'status'],
    registers: [this.registry],
  });
  private readonly bytes = new Counter({
    name: 'pngx_request_bytes_total',
    help: 'Bytes of HTTP bodies, by instance and direction.',
    labelNames: ['instance', 'direction'],
    registers: [this.registry],
  });

  constructor(store: Store, now: () => number, running: () => boolean) {
    const { registry } = this;
    const perReplica = (name: string, help: string, value: (replica: { id: number; name: string }) => number | null): void => {
      const gauge = new Gauge({
        name,
        help,
        labelNames: ['replica'],
        registers: [registry],
        collect: () => {
          gauge.reset();
          for (const replica of store.replicas.list()) {
            const number = value(replica);
            if (number !== null) gauge.set({ replica: replica.name }, number);
          }
        },
      });
    };
    perReplica('pngx_replica_lag_seconds', 'Seconds since the last cycle that went through.', ({ id }) => {
      const last = store.replicas.get(id)?.lastSyncTs ?? null;
      return last === null ? null : Math.max(0, (now() - Date.parse(last)) / 1000);
    });
    perReplica('pngx_replica_pending_tasks', 'Uploads that the replica has not finished.', ({ id }) => store.registry.inFlight(id).length);
    perReplica(
      'pngx_replica_consecutive_failures',
      'Cycles in a row in which the replica failed as a whole.',
      ({ id }) => store.replicas.get(id)?.consecutiveFailures ?? 0,
    );
    perReplica('pngx_replica_backlog_documents', 'Documents that are not yet as they should be.', ({ id }) => {
      const { byStatus } = store.registry.counts(id);
      return byStatus.pending + byStatus.error + byStatus.quarantined;
    });
    perReplica(
      'pngx_replica_verified_documents',
      'Documents whose present version was verified.',
      ({ id }) => store.registry.counts(id).verifiedCurrent,
    );
    const runningGauge: Gauge = new Gauge({
      name: 'pngx_sync_running',
      help: '1 while a cycle goes on.',
      registers: [registry],
      collect: () => {
        runningGauge.set(running() ? 1 : 0);
      },
    });
  }

  observer(instance: string): ExchangeObserver {
    return {
      exchange: ({ operation, status, bytesIn, bytesOut }) => {
        this.requests.inc({ instance, operation, status: String(status ?? 'none') });
        this.bytes.inc({ instance, direction: 'in' }, bytesIn);
        this.bytes.inc({ instance, direction: 'out' }, bytesOut);
      },
    };
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
