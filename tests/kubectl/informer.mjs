// An informer of @kubernetes/client-node, as other people's programs use it: it must see every change of an application,
// in their order.
//
//   npm install @kubernetes/client-node@1.3.0 && node informer.mjs KUBECONFIG COUNT    (2.x wants Node 22)
//
// Exit status: 0 it saw them all, 1 it did not (the reason on stderr).
import * as k8s from '@kubernetes/client-node';

const [config, count] = [process.argv[2], Number(process.argv[3])];
const kc = new k8s.KubeConfig();
kc.loadFromFile(config);
const api = kc.makeApiClient(k8s.CustomObjectsApi);
const kind = { group: 'teal', version: 'v1', plural: 'applications' };
const path = '/apis/teal/v1/applications';

let seen = -1;
let changes = 0;
let lists = 0;
const wrong = [];
const take = (object) => {
  if (object.metadata.name !== 'informed') return;
  const n = Number(object.metadata.annotations?.n ?? 0);
  if (n < seen) wrong.push(`${n} after ${seen}`);
  if (n > seen) changes += 1;
  seen = Math.max(seen, n);
};
const informer = k8s.makeInformer(kc, path, () => { lists += 1; return api.listClusterCustomObject(kind); });
informer.on('add', take);
informer.on('update', take);
informer.on('error', () => setTimeout(() => informer.start(), 100));  // as its documentation says

await api.createClusterCustomObject({
  ...kind,
  body: {
    apiVersion: 'teal/v1', kind: 'Application', metadata: { name: 'informed' },
    spec: { version: '1', image: 'shop', suspend: true, components: [{ name: 'api' }] },
  },
});
await informer.start();

const options = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);
for (let n = 1; n <= count; n += 1) {
  await api.patchClusterCustomObject(
    { ...kind, name: 'informed', body: { metadata: { annotations: { n: String(n) } } } }, options);
}
const deadline = Date.now() + 60000;
while (seen < count && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
await informer.stop();
await api.deleteClusterCustomObject({ ...kind, name: 'informed' });
console.log(`${changes} of ${count} changes seen in order, the last is ${seen}, ${lists} lists, ${wrong.length} out of order`);
process.exit(seen === count && changes >= count && wrong.length === 0 ? 0 : 1);
