import type { Row } from '../row';
import { HURRY, inScene } from '../scene';

/** What a cycle asks for when nothing changed and no sweep, preflight or verification is due. */
export async function idleCycle(documents: number): Promise<Row[]> {
  return inScene(async (scene) => {
    const setup = { documents, plain: true };
    const master = await scene.server('master', setup);
    // The same bytes lie on the replica: they are adopted, which is quicker than uploads and ends in the same state.
    const replicas = [
      await scene.server('replica-3', { ...setup, copy: true, version: '3.0.5' }),
      await scene.server('replica-2', { ...setup, copy: true, version: '2.20.15' }),
    ];
    const controller = await scene.controller(master, replicas, HURRY);
    await controller.settle(documents * replicas.length, 1_200_000);
    const servers = [master, ...replicas];
    for (const server of servers) await server.reset();
    const ran = await controller.cycle();
    if ('skipped' in ran) throw new Error(`no cycle ran: ${ran.skipped}`);
    if (ran.synced + ran.failed > 0) throw new Error('the cycle was not idle');
    const [ofMaster, ...ofReplicas] = await Promise.all(servers.map((server) => server.totals()));
    if (ofMaster === undefined) throw new Error('the master was not counted');
    const told = (totals: { byPath: Record<string, number> }): string =>
      Object.entries(totals.byPath)
        .map(([path, n]) => `${path} ${n}`)
        .join(', ');
    const at = `${documents.toLocaleString('en')} documents`;
    return [
      { name: `idle cycle: requests to the master at ${at}`, value: ofMaster.requests, unit: 'requests', bound: { most: 7 }, note: told(ofMaster) },
      { name: `idle cycle: bytes from the master at ${at}`, value: ofMaster.sent, unit: 'bytes' },
      {
        name: `idle cycle: requests to the replica most asked, at ${at}`,
        value: Math.max(...ofReplicas.map(({ requests }) => requests)),
        unit: 'requests',
        bound: { most: 1 },
        note: ofReplicas.map(told).join(' / '),
      },
    ];
  });
}
