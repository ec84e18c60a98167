// While working on the page: serves daemon/web (made anew at each change of src/) and hands all else to a teald.
// Usage: node dev.mjs http://127.0.0.1:7080 [PORT]
import {createServer, request} from 'node:http';
import {readFile} from 'node:fs/promises';
import {dirname, extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const [teald, port = '7081'] = process.argv.slice(2);
const web = join(dirname(fileURLToPath(import.meta.url)), '../daemon/web');
const types = {'.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml'};

createServer(async (asked, answer) => {
  const name = asked.url === '/' ? 'index.html' : /^\/web\/([a-z.-]+)$/.exec(asked.url)?.[1];
  const text = name && name !== 'phases.js' && await readFile(join(web, name)).catch(() => undefined);
  if (text) {
    answer.writeHead(200, {'Content-Type': types[extname(name)] ?? 'text/plain', 'Cache-Control': 'no-store', 'Content-Security-Policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"});
    answer.end(text);
    return;
  }
  const onward = request(new URL(asked.url, teald), {method: asked.method, headers: {...asked.headers, host: new URL(teald).host, origin: ''}}, (got) => {
    answer.writeHead(got.statusCode, got.headers);
    got.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
}).listen(Number(port), '127.0.0.1');
