// Lists as the article does: page after page into one array, JSON.stringify, one PutObject.
// node benchmarks/peers/node_array.mjs URL BUCKET MAX
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [endpoint, bucket, max] = process.argv.slice(2);
const client = new S3Client({
  endpoint,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "000000000000", secretAccessKey: "none" },
});

const began = performance.now();
const cpuBefore = process.cpuUsage();
const keys = [];
let token;
do {
  const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
  for (const object of page.Contents ?? []) keys.push(object.Key);
  token = page.NextContinuationToken;
} while (token && keys.length < Number(max));
await client.send(new PutObjectCommand({ Bucket: "runs", Key: "node/keys.json", Body: JSON.stringify(keys) }));
const cpu = process.cpuUsage(cpuBefore);

console.log(JSON.stringify({
  keys: keys.length,
  seconds: (performance.now() - began) / 1000,
  cpu_seconds: (cpu.user + cpu.system) / 1e6,
  peak_rss_mib: process.resourceUsage().maxRSS / 1024,
}));
