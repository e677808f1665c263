// Has images analysed through Microsoft's JavaScript SDK of Image Analysis 4.0, as its user would, and prints as JSON
// what the SDK made of the answers.
//
// Arguments: endpoint, key, and the calls as JSON: an object of named calls. A call has
//
//   url | path, parameters          the image, the query's parameters
//   key                             instead of the common one. (Tokens the SDK sends over TLS alone.)
"use strict";

const fs = require("node:fs");
const { default: createClient, isUnexpected } = require("@azure-rest/ai-vision-image-analysis");
const { AzureKeyCredential } = require("@azure/core-auth");

async function outcomeOf(endpoint, commonKey, call) {
  try {
    const client = createClient(endpoint, new AzureKeyCredential(call.key ?? commonKey), { allowInsecureConnection: true });
    const body = call.url ? { url: call.url } : fs.readFileSync(call.path);
    const contentType = call.url ? "application/json" : "application/octet-stream";
    const answer = await client
      .path("/imageanalysis:analyze")
      .post({ body, contentType, queryParameters: call.parameters });
    return { status: answer.status, unexpected: isUnexpected(answer), body: answer.body, headers: answer.headers };
  } catch (error) {
    return { thrown: String(error) };
  }
}

async function main() {
  const [endpoint, key, calls] = process.argv.slice(2);
  const named = Object.entries(JSON.parse(calls));
  const outcomes = await Promise.all(named.map(([, call]) => outcomeOf(endpoint, key, call)));
  console.log(JSON.stringify(Object.fromEntries(named.map(([name], index) => [name, outcomes[index]]))));
}

main();
