// Reads small objects with Node's SDK, as many at once as there are threads elsewhere: the same checksum, a line of JSON each.
// node benchmarks/peers/node_reads.mjs URL BUCKET OBJECTS THREADS; reads one JSON array of keys from stdin.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [endpoint, bucket, , threads] = process.argv.slice(2);
const keys = JSON.parse(readFileSync(0, "utf8"));
const client = new S3Client({
  endpoint,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "000000000000", secretAccessKey: "none" },
  requestHandler: { httpsAgent: { maxSockets: Number(threads) }, httpAgent: { maxSockets: Number(threads) } },
});

async function line(key) {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const body = await answer.Body.transformToByteArray();
  let lines = 0;
  for (const byte of body) if (byte === 10) lines += 1;
  if (body.at(-1) !== 10) lines += 1;
  const sha256 = createHash("sha256").update(body).digest("hex");
  return JSON.stringify({ Key: key, Result: { size: body.length, sha256, lines } });
}

async function readAll(some) {
  const lines = [];
  const waiting = some.values();
  const worker = async () => {
    for (const key of waiting) lines.push(await line(key));
  };
  await Promise.all(Array.from({ length: Number(threads) }, worker));
  return lines;
}

await readAll(keys.slice(0, 100));
const began = performance.now();
const cpuBefore = process.cpuUsage();
const lines = await readAll(keys);
const cpu = process.cpuUsage(cpuBefore);

console.log(JSON.stringify({
  keys: lines.length,
  seconds: (performance.now() - began) / 1000,
  cpu_seconds: (cpu.user + cpu.system) / 1e6,
  peak_rss_mib: process.resourceUsage().maxRSS / 1024,
}));
